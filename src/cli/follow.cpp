#include "cli/follow.hpp"

#include "cli/errors.hpp"
#include "cli/interrupt.hpp"
#include "task/status.hpp"

#include <chrono>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

using Steady = std::chrono::steady_clock;

constexpr auto watch_every = std::chrono::seconds(30); // a worker forgets who is silent for longer
constexpr int look_every_ms = 1000;
constexpr const char* output_channel = "agentcron_output";

LogRow row_from(const db::Table& table, std::size_t row) {
    return {std::stoi(*table.at(row, "run_no")),
            std::stoi(*table.at(row, "attempt")),
            *table.at(row, "at"),
            *table.at(row, "stream"),
            *table.at(row, "kind"),
            *table.at(row, "body")};
}

// A payload names a task, or says something that this version does not know: then look as well.
bool concerns(const std::string& payload, std::int64_t task_id) {
    const bool other_task = !payload.empty() &&
                            payload.find_first_not_of("0123456789") == std::string::npos &&
                            payload != std::to_string(task_id);
    return !other_task;
}

bool any_concerns(const std::vector<std::string>& payloads, std::int64_t task_id) {
    for (const auto& payload : payloads)
        if (concerns(payload, task_id)) return true;
    return false;
}

} // namespace

bool is_final(const TaskState& state) {
    const auto status = task::status_from(state.status);
    return status && task::is_final(*status);
}

TaskState task_state(db::Client& client, std::int64_t task_id) {
    const auto table = client.query("cli_task_state", db::params(task_id));
    if (table.rows.empty()) throw NotFound(fmt::format("there is no task {}", task_id));
    return {*table.at(0, "status"), *table.at(0, "reason"), table.at(0, "message").value_or(""),
            table.at(0, "is_chain") == "t"};
}

void TaskOutput::read_new(db::Client& client, const std::function<void(const LogRow&)>& on_row) {
    while (true) {
        const auto rows = client.query("cli_output", db::params(task_id_, run_no_, seq_, attempt_));
        if (rows.rows.empty()) return;
        for (std::size_t row = 0; row < rows.rows.size(); ++row) {
            on_row(row_from(rows, row));
            run_no_ = std::stoll(*rows.at(row, "run_no"));
            seq_ = std::stoll(*rows.at(row, "seq"));
        }
    }
}

namespace {

// One session's worth of following. Throws Unreachable when it is lost.
TaskState follow_session(db::Client& client, std::int64_t task_id, TaskOutput& output,
                         const std::function<void(const LogRow&)>& on_row,
                         const std::function<void()>& after_look) {
    const Interrupt interrupt;
    client.listen(output_channel); // before the first look, so that nothing falls between
    auto watch_at = Steady::now();
    while (true) {
        if (Steady::now() >= watch_at) {
            client.query("cli_watch", db::params(task_id));
            watch_at = Steady::now() + watch_every;
        }
        // The state first: the rows of a task that is final are all there.
        const auto state = task_state(client, task_id);
        output.read_new(client, on_row);
        after_look();
        if (is_final(state)) return state;
        const auto look_at = Steady::now() + std::chrono::milliseconds(look_every_ms);
        while (!any_concerns(client.notifications(), task_id)) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(look_at - Steady::now());
            if (left.count() <= 0) break;
            interrupt.wait_readable(client.descriptor(), static_cast<int>(left.count()));
        }
    }
}

} // namespace

void reopen(Database& database, const db::Unreachable& lost) {
    const Interrupt interrupt;
    fmt::print(stderr, "lost the database, waiting for it: {}\n", lost.what());
    while (true) {
        interrupt.wait_readable(-1, look_every_ms); // there is no event of a server's return
        try {
            database.client = std::make_unique<db::Client>(database.opened.conninfo);
            fmt::print(stderr, "the database is back\n");
            return;
        } catch (const db::Unreachable&) { // said already
        }
    }
}

TaskState follow(Database& database, std::int64_t task_id, TaskOutput& output,
                 const std::function<void(const LogRow&)>& on_row,
                 const std::function<void()>& after_look) {
    while (true) {
        try {
            return follow_session(*database.client, task_id, output, on_row, after_look);
        } catch (const db::Unreachable& lost) {
            after_look();
            reopen(database, lost);
        }
    }
}

} // namespace agentcron::cli
