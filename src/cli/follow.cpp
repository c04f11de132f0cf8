#include "cli/follow.hpp"
#include "cli/json_text.hpp"

#include "base/text.hpp"
#include "cli/errors.hpp"
#include "cli/interrupt.hpp"
#include "cli/rows.hpp"
#include "task/status.hpp"

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

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

bool is_final(const TaskState& state) {
    const auto status = task::status_from(state.status);
    return status && task::is_final(*status);
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

void write_raw(const LogRow& row) {
    std::FILE* file = row.stream == "out" ? stdout : row.stream == "err" ? stderr : nullptr;
    if (!file) return;
    std::fwrite(row.body.data(), 1, row.body.size(), file);
    if (row.kind != "text") std::fputc('\n', file);
}

void write_json(const LogRow& row) {
    boost::json::object object{{"run_no", row.run_no},
                               {"attempt", row.attempt},
                               {"at", row.at},
                               {"stream", row.stream},
                               {"kind", row.kind}};
    boost::system::error_code error;
    auto event = row.kind == "text" ? boost::json::value() : boost::json::parse(row.body, error);
    if (row.kind != "text" && !error)
        object["event"] = std::move(event);
    else
        object["text"] = db::storable_text(row.body);
    write_out(compact(object) + "\n");
}

std::string outcome_text(std::int64_t task_id, const TaskState& state) {
    auto text = fmt::format("task {} {}", task_id, state.status);
    if (!state.reason.empty()) text += fmt::format(" ({})", state.reason);
    if (!state.message.empty()) text += fmt::format(": {}", base::one_line(state.message, 500));
    return text;
}

} // namespace

TaskState task_state(db::Client& client, std::int64_t task_id) {
    const auto table = client.query("cli_task_state", db::params(task_id));
    if (table.rows.empty()) throw NotFound(fmt::format("there is no task {}", task_id));
    return {*table.at(0, "status"), *table.at(0, "reason"), table.at(0, "message").value_or("")};
}

void TaskOutput::read_new(const std::function<void(const LogRow&)>& on_row) {
    while (true) {
        const auto rows =
            client_.query("cli_output", db::params(task_id_, run_no_, seq_, attempt_));
        if (rows.rows.empty()) return;
        for (std::size_t row = 0; row < rows.rows.size(); ++row) on_row(row_from(rows, row));
        run_no_ = std::stoll(*rows.at(rows.rows.size() - 1, "run_no"));
        seq_ = std::stoll(*rows.at(rows.rows.size() - 1, "seq"));
    }
}

TaskState follow(db::Client& client, std::int64_t task_id, TaskOutput& output,
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
        output.read_new(on_row);
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

int print_log(const Invocation& invocation, db::Client& client, std::int64_t task_id,
              const LogFormat& format) {
    LogText text(terminal_of(STDOUT_FILENO));
    const auto on_row = [&](const LogRow& row) {
        if (format.raw)
            write_raw(row);
        else if (invocation.json)
            write_json(row);
        else
            write_out(text.add(row));
    };
    TaskOutput output(client, task_id, format.attempt);
    bool any = false;
    const auto count_row = [&](const LogRow& row) { any = true, on_row(row); };
    if (!format.follow) {
        const auto state = task_state(client, task_id);
        output.read_new(count_row);
        write_out(text.finish());
        if (!any && !format.raw && !invocation.json)
            fmt::print(stderr, "no output; {}\n", outcome_text(task_id, state));
        return 0;
    }
    const auto state = follow(client, task_id, output, count_row, [] { std::fflush(stdout); });
    write_out(text.finish());
    std::fflush(stdout);
    if (!format.raw && !invocation.json) fmt::print(stderr, "{}\n", outcome_text(task_id, state));
    return state.status == "succeeded" ? 0 : 1;
}

} // namespace agentcron::cli
