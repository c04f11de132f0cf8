// What workspaces need of storage: the leases that tasks hold on the worktrees of this machine.
// Declared here by its users, the preparation of an attempt and the keeper of the worktrees;
// implemented by db/. Calls and callbacks as in task_store.hpp.
#pragma once

#include "task/task_store.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::task {

struct WantedWorkspace {
    std::string repo; // absolute
    std::string path; // absolute; where it is made, if the task has none
    std::string branch;
    std::string base;
    std::string keep;                 // on_failure | always | never
    std::vector<std::string> archive; // argv; empty = none
};

struct Workspace {
    std::int64_t id = 0;
    std::string repo;
    std::string path;
    std::string branch;
    std::string base;
    std::string base_commit;  // "" until it was made
    bool made_branch = false; // by agentcron, which therefore removes it if it stayed empty
    bool is_made = false;
    bool is_set_up = false; // setup ran, and well
};

struct TakenWorkspace {
    enum class State { taken, being_settled, lease_lost };
    State state = State::lease_lost;
    Workspace workspace{};
    std::uint64_t bytes_of_all = 0; // what all of this machine were last seen to take
};

struct EndedWorkspace {
    Workspace workspace;
    enum class Order { keep, remove, force };
    Order order = Order::keep;
    std::string policy; // of one that is kept: "keep: always"
    std::vector<std::string> archive;
    Claimed task; // id, schedule and agent: whose environment archive gets
};

struct SettledWorkspace {
    bool removed = false;
    std::string kept_because; // for people
    bool stays_against_policy = false;
    std::optional<std::int64_t> dirty{};
    std::optional<std::int64_t> unpushed{};
    std::optional<std::uint64_t> bytes{};
};

class WorkspaceStore {
public:
    template <class... Args>
    using Then = std::function<void(Args...)>;
    virtual ~WorkspaceStore() = default;

    // The worktree of a task: the one it has on this machine, or that of the task it continues, or
    // a new row, which comes before the directory.
    virtual void take(const Lease& lease, WantedWorkspace wanted, Then<TakenWorkspace> then) = 0;
    virtual void made(const Lease& lease, Workspace made, std::optional<std::uint64_t> bytes,
                      Then<> then) = 0;
    virtual void set_up(std::int64_t id, Then<> then) = 0;
    // One of this machine whose task has ended, to be settled by the caller alone.
    virtual void next_ended(Then<std::optional<EndedWorkspace>> then) = 0;
    virtual void settled(std::int64_t id, SettledWorkspace settled, Then<> then) = 0;
    // Has the oldest ones that may go removed, until what is left takes no more than that.
    virtual void make_room(std::uint64_t bytes_max, Then<> then) = 0;
};

} // namespace agentcron::task
