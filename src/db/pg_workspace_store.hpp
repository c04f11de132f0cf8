// task::WorkspaceStore on PostgreSQL, in the session that claims and ends tasks. Owned by
// PgTaskStore.
#pragma once

#include "db/database_thread.hpp"
#include "task/workspace_store.hpp"

namespace agentcron::db {

class PgWorkspaceStore final : public task::WorkspaceStore {
public:
    // `work` outlives it.
    PgWorkspaceStore(DatabaseThread& work, std::string worker_id, std::string host)
        : work_(work), worker_id_(std::move(worker_id)), host_(std::move(host)) {}

    void take(const task::Lease& lease, task::WantedWorkspace wanted,
              Then<task::TakenWorkspace> then) override;
    void made(const task::Lease& lease, task::Workspace made, std::optional<std::uint64_t> bytes,
              Then<> then) override;
    void set_up(std::int64_t id, Then<> then) override;
    void next_ended(Then<std::optional<task::EndedWorkspace>> then) override;
    void settled(std::int64_t id, task::SettledWorkspace settled, Then<> then) override;
    void make_room(std::uint64_t bytes_max, Then<> then) override;

private:
    void post(std::string what, std::function<void(Session&)> run, Then<> then);

    DatabaseThread& work_;
    const std::string worker_id_;
    const std::string host_;
};

} // namespace agentcron::db
