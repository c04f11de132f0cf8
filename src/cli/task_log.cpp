#include "cli/task_log.hpp"

#include "base/text.hpp"
#include "cli/follow.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_text.hpp"
#include "cli/printable.hpp"
#include "cli/rows.hpp"
#include "cli/table_text.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

constexpr int look_every_ms = 1000;

struct Step {
    std::int64_t no = 0;
    std::int64_t task_id = 0;
    std::string name;
    bool has_started = false;
    bool is_to_come = false; // it may still start
};

void write_raw(const LogRow& row) {
    std::FILE* file = row.stream == "out" ? stdout : row.stream == "err" ? stderr : nullptr;
    if (!file || row.kind == "check") return; // the agent's own, not those of success.check
    std::fwrite(row.body.data(), 1, row.body.size(), file);
}

void write_json(const LogRow& row, const Step* step) {
    boost::json::object object{{"run_no", row.run_no},
                               {"attempt", row.attempt},
                               {"at", row.at},
                               {"stream", row.stream},
                               {"kind", row.kind}};
    if (step) {
        object["task_id"] = step->task_id;
        object["step"] = step->name;
    }
    boost::system::error_code error;
    auto event = row.kind == "text" ? boost::json::value() : boost::json::parse(row.body, error);
    if (row.kind != "text" && !error)
        object["event"] = std::move(event);
    else
        object["text"] = db::storable_text(row.body);
    write_out(compact(object) + "\n");
}

// With `follow` it waits for the task's end. Gives the state last seen, and whether there was
// output.
struct Printed {
    TaskState state;
    bool any = false;
};
Printed print_output(const Invocation& invocation, Database& database, std::int64_t task_id,
                     const LogFormat& format, const Step* step) {
    LogText text(terminal_of(STDOUT_FILENO));
    Printed printed;
    const auto on_row = [&](const LogRow& row) {
        printed.any = true;
        if (format.raw)
            write_raw(row);
        else if (invocation.json)
            write_json(row, step);
        else
            write_out(text.add(row));
    };
    TaskOutput output(task_id, format.attempt);
    if (format.follow) {
        printed.state = follow(database, task_id, output, on_row, [] { std::fflush(stdout); });
    } else {
        printed.state = task_state(*database.client, task_id);
        output.read_new(*database.client, on_row);
    }
    write_out(text.finish());
    std::fflush(stdout);
    return printed;
}

std::vector<Step> steps_of(db::Client& client, std::int64_t task_id) {
    const auto rows = client.query("cli_steps", db::params(task_id));
    std::vector<Step> steps;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
        const auto& status = *rows.at(row, "status");
        steps.push_back({.no = std::stoll(*rows.at(row, "step_no")),
                         .task_id = std::stoll(*rows.at(row, "task_id")),
                         .name = *rows.at(row, "step"),
                         .has_started = rows.at(row, "started_at").has_value(),
                         .is_to_come = status == "blocked" || status == "queued"});
    }
    return steps;
}

void print_step_header(const Step& step) {
    const auto line =
        printable(fmt::format("[step {} \"{}\", task {}]", step.no, step.name, step.task_id));
    write_out(coloured(line, terminal_of(STDOUT_FILENO).colour ? Colour::dim : Colour::none) +
              "\n");
}

struct Steps {
    TaskState chain;
    std::vector<Step> all;
};
Steps look_at_steps(Database& database, std::int64_t task_id, bool follow) {
    while (true) {
        try {
            // The state first: the steps of a chain that is final are all there.
            auto state = task_state(*database.client, task_id);
            return {std::move(state), steps_of(*database.client, task_id)};
        } catch (const db::Unreachable& lost) {
            if (!follow) throw;
            reopen(database, lost);
        }
    }
}

// Step by step; a followed chain may end at any of them, and a step may be long in coming.
Printed print_steps(const Invocation& invocation, Database& database, std::int64_t task_id,
                    const LogFormat& format) {
    Printed printed;
    std::size_t next = 0;
    while (true) {
        const auto steps = look_at_steps(database, task_id, format.follow);
        printed.state = steps.chain;
        const bool waits = format.follow && !is_final(printed.state);
        for (; next < steps.all.size(); ++next) {
            const auto& one = steps.all[next];
            if (!one.has_started && waits && one.is_to_come) break;
            if (!one.has_started) continue;
            if (!format.raw && !invocation.json) print_step_header(one);
            std::fflush(stdout);
            const auto step = print_output(invocation, database, one.task_id, format, &one);
            printed.any = printed.any || step.any;
        }
        if (!waits) return printed;
        const Interrupt interrupt;
        interrupt.wait_readable(-1, look_every_ms);
    }
}

std::string outcome_text(std::int64_t task_id, const TaskState& state) {
    auto text = fmt::format("task {} {}", task_id, state.status);
    if (!state.reason.empty()) text += fmt::format(" ({})", state.reason);
    if (!state.message.empty()) text += fmt::format(": {}", base::one_line(state.message, 500));
    return text;
}

} // namespace

int print_log(const Invocation& invocation, Database& database, std::int64_t task_id,
              const LogFormat& format) {
    const bool is_chain = task_state(*database.client, task_id).is_chain;
    const auto printed = is_chain ? print_steps(invocation, database, task_id, format)
                                  : print_output(invocation, database, task_id, format, nullptr);
    const bool for_people = !format.raw && !invocation.json;
    if (!format.follow) {
        if (for_people && !printed.any)
            fmt::print(stderr, "no output; {}\n", outcome_text(task_id, printed.state));
        return 0;
    }
    if (for_people) fmt::print(stderr, "{}\n", outcome_text(task_id, printed.state));
    return printed.state.status == "succeeded" ? 0 : 1;
}

} // namespace agentcron::cli
