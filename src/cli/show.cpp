#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/conversation.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/json_text.hpp"
#include "cli/printable.hpp"
#include "cli/rows.hpp"
#include "cli/time_text.hpp"
#include "cli/turn_text.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

namespace json = boost::json;

struct Parts {
    db::Table task, steps, attempts, questions, messages;
};

void print_fact(std::string_view name, const Cell& cell, const Terminal& terminal) {
    if (cell.text.empty()) return;
    const auto lines = indented_text(cell.text, 13);
    const auto text = base::trim(lines); // the first line stands behind the name
    fmt::print("{:<13}{}\n", name,
               terminal.colour ? coloured(text, cell.colour) : std::string(text));
}

void print_facts(const db::Table& task, const Terminal& terminal) {
    constexpr ShownColumn facts[] = {{"id", "task", Show::number},
                                     {"schedule", "schedule"},
                                     {"step", "step"},
                                     {"agent", "agent"},
                                     {"status", "status", Show::status},
                                     {"message", "message"},
                                     {"summary", "summary"},
                                     {"fire_time", "due", Show::instant},
                                     {"trigger", "made by"},
                                     {"continues", "continues", Show::number},
                                     {"created_at", "made", Show::instant},
                                     {"run_at", "not before", Show::instant},
                                     {"started_at", "started", Show::instant},
                                     {"finished_at", "finished", Show::instant},
                                     {"delay_s", "delay", Show::seconds},
                                     {"waited_for", "waited for"},
                                     {"because_of", "because of", Show::number},
                                     {"duration_s", "took", Show::seconds},
                                     {"attempt", "attempts", Show::number},
                                     {"exit_code", "exit code", Show::number},
                                     {"cost_usd", "cost, USD", Show::number},
                                     {"input_tokens", "tokens in", Show::number},
                                     {"output_tokens", "tokens out", Show::number},
                                     {"session_id", "session"},
                                     {"owner", "owner"}};
    for (const auto& fact : facts)
        print_fact(fact.header, cell_of(task, 0, fact.column, fact.show, terminal), terminal);
    const auto& covers_from = task.at(0, "covers_from");
    if (*task.at(0, "fires_covered") != "1")
        fmt::print("{:<13}stands for {} fire times{}\n", "", *task.at(0, "fires_covered"),
                   covers_from ? " from " + *covers_from + " on" : "");
    if (const auto& chain = task.at(0, "chain_id"))
        fmt::print("{:<13}step {} of the chain: agentcron show {}\n", "",
                   task.at(0, "step_no").value_or(""), *chain);
}

void print_json_block(std::string_view title, const json::value& value) {
    fmt::print("\n{}\n{}\n", title, indented_text(indented(value), 2));
}

void print_table(const Invocation& invocation, std::string_view title, const db::Table& table,
                 const std::vector<ShownColumn>& columns) {
    if (table.rows.empty()) return;
    fmt::print("\n{}\n", title);
    print_rows(invocation, table, columns, "");
}

void print_task(const Invocation& invocation, const Parts& parts) {
    print_facts(parts.task, terminal_of(STDOUT_FILENO));
    const auto spec = json_value(parts.task.at(0, "spec"), db::Table::Type::json);
    if (const auto* object = spec.if_object()) {
        const auto* prompt = object->if_contains("prompt");
        if (prompt && prompt->is_string() && !prompt->get_string().empty())
            fmt::print("\nprompt\n{}\n", indented_text(std::string_view(prompt->get_string()), 2));
        const auto* params = object->if_contains("params");
        if (params && params->is_object() && !params->get_object().empty())
            print_json_block("parameters", *params);
    }
    if (const auto& inputs = parts.task.at(0, "inputs"))
        print_json_block("inputs", json_value(inputs, db::Table::Type::json));
    print_table(invocation, "steps", parts.steps,
                {{"step_no", "NO", Show::number},
                 {"step", "STEP"},
                 {"task_id", "TASK", Show::number},
                 {"agent", "AGENT"},
                 {"status", "STATUS", Show::status},
                 {"started_at", "STARTED", Show::instant},
                 {"duration_s", "TOOK", Show::seconds},
                 {"attempt", "ATTEMPTS", Show::number},
                 {"summary", "SUMMARY", Show::words},
                 {"message", "MESSAGE", Show::words}});
    if (!parts.steps.rows.empty())
        fmt::print(stderr, "\nwhat was said in a step: agentcron show TASK\n");
}

void print_conversation(db::Client& client, std::int64_t task_id, const Parts& parts, bool full) {
    TurnText text({.task_id = task_id,
                   .terminal = terminal_of(STDOUT_FILENO),
                   .full = full,
                   .several_legs = parts.attempts.rows.size() > 1,
                   .now = base::SystemClock().now()});
    bool any = false;
    read_turns(client, task_id, parts.attempts, parts.questions, parts.messages,
               [&](const Turn& turn) {
                   const auto words = text.add(turn);
                   if (!words.empty() && !std::exchange(any, true)) write_out("\nconversation\n\n");
                   write_out(words);
               });
    write_out(text.finish());
}

bool has_progress(const db::Table& attempts) {
    for (std::size_t row = 0; row < attempts.rows.size(); ++row)
        if (attempts.at(row, "progress")) return true;
    return false;
}

void print_end(const Invocation& invocation, const Parts& parts) {
    if (const auto& result = parts.task.at(0, "result"))
        print_json_block("result", json_value(result, db::Table::Type::json));
    if (parts.attempts.rows.size() > 1 || has_progress(parts.attempts))
        print_table(invocation, "attempts", parts.attempts,
                    {{"run_no", "RUN", Show::number},
                     {"attempt", "ATTEMPT", Show::number},
                     {"outcome", "OUTCOME", Show::status},
                     {"started_at", "STARTED", Show::instant},
                     {"duration_s", "TOOK", Show::seconds},
                     {"exit_code", "EXIT", Show::number},
                     {"signal", "SIGNAL", Show::number},
                     {"host", "HOST"},
                     {"progress_percent", "%", Show::number},
                     {"progress", "PROGRESS", Show::words},
                     {"message", "MESSAGE", Show::words}});
    const auto terminal = terminal_of(STDOUT_FILENO);
    const auto value = [&](std::string_view column, Show show) {
        return cell_of(parts.task, 0, column, show, terminal).text;
    };
    auto line = value("status", Show::status);
    const auto add = [&](std::string_view before, const std::string& what, std::string_view after) {
        if (!what.empty()) line += fmt::format(", {}{}{}", before, what, after);
    };
    add("took ", value("duration_s", Show::seconds), "");
    add("", value("cost_usd", Show::number), " USD");
    add("", value("input_tokens", Show::number), " tokens in");
    add("", value("output_tokens", Show::number), " out");
    fmt::print("\n= {}\n", line);
}

// The turns come last and one by one: a transcript may be larger than memory.
void print_json(db::Client& client, std::int64_t task_id, const Parts& parts) {
    auto object = json_object(parts.task, 0);
    object["steps"] = json_objects(parts.steps);
    object["attempts"] = json_objects(parts.attempts);
    object["questions"] = json_objects(parts.questions);
    object["messages"] = json_objects(parts.messages);
    auto text = compact(object);
    text.pop_back();
    write_out(text + ",\"turns\":[");
    std::string_view between = "\n";
    read_turns(client, task_id, parts.attempts, parts.questions, parts.messages,
               [&](const Turn& turn) {
                   write_out(std::exchange(between, ",\n"));
                   write_out(compact(turn_json(turn)));
               });
    write_out("]}\n");
}

} // namespace

void add_show(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Look", "show", "Show all about a task: facts, the conversation, the result",
        "  agentcron show 17             calls of tools take one line each\n"
        "  agentcron show 17 --full      their input and output too\n"
        "  agentcron show 17 --json | jq '.turns[] | select(.type==\"tool\")'\n");
    struct Options {
        std::string task;
        bool full = false;
    };
    auto options = std::make_shared<Options>();
    command.add_option("ID", options->task, "The task")->required();
    command.add_flag("--full", options->full, "Leave nothing out");
    set_action(command, invocation, [&invocation, options] {
        const auto task_id = task_id_from(options->task);
        auto database = open_database(invocation);
        Parts parts;
        parts.task = database->query("cli_task", db::params(task_id));
        if (parts.task.rows.empty()) throw NotFound(fmt::format("there is no task {}", task_id));
        parts.steps = database->query("cli_steps", db::params(task_id));
        parts.attempts = database->query("cli_attempts", db::params(task_id));
        parts.questions = database->query("cli_questions", db::params(task_id));
        parts.messages = database->query("cli_messages", db::params(task_id));
        if (invocation.json) {
            print_json(*database.client, task_id, parts);
            return 0;
        }
        print_task(invocation, parts);
        print_conversation(*database.client, task_id, parts, options->full);
        print_end(invocation, parts);
        return 0;
    });
}

} // namespace agentcron::cli
