// The output of one task from the database, to its present end or to the end of the task.
#pragma once

#include "cli/database.hpp"
#include "cli/log_text.hpp"
#include "db/client.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace agentcron::cli {

struct TaskState {
    std::string status;
    std::string reason;
    std::string message;
    bool is_chain = false; // its output is its steps'
};

// Throws NotFound.
TaskState task_state(db::Client& client, std::int64_t task_id);

// Where the reading of a task's output stands. It outlives a session with the database.
class TaskOutput {
public:
    // `attempt`: only rows of that attempt.
    TaskOutput(std::int64_t task_id, std::optional<int> attempt)
        : task_id_(task_id), attempt_(attempt) {}

    // Hands over the rows that are new since the last call, in order.
    void read_new(db::Client& client, const std::function<void(const LogRow&)>& on_row);

private:
    std::int64_t task_id_;
    std::optional<int> attempt_;
    std::int64_t run_no_ = -1;
    std::int64_t seq_ = -1;
};

// Waits until the database answers again, and opens a new session. Throws Reported (130) when the
// user interrupts it.
void reopen(Database& database, const db::Unreachable& lost);

// Reads on until the task is final, waking up when its worker announces output and once a second.
// `after_look` is called when everything there was has been handed over. A lost session is opened
// again, as long as it takes, and the reading goes on where it stood. Throws Reported (130) when
// the user interrupts it.
TaskState follow(Database& database, std::int64_t task_id, TaskOutput& output,
                 const std::function<void(const LogRow&)>& on_row,
                 const std::function<void()>& after_look);

bool is_final(const TaskState& state);

} // namespace agentcron::cli
