#include "cli/answer_choice.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/printable.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

// A question is read, not scanned: each is a paragraph, with its options and the command to answer.
void print_question(const db::Table& inbox, std::size_t row, const Terminal& terminal) {
    const auto text = [&](const char* column, Show show = Show::text) {
        return cell_of(inbox, row, column, show, terminal).text;
    };
    const auto from = text("schedule").empty() ? text("agent") : text("schedule");
    const auto headline = printable(text("headline"));
    const auto step = text("step").empty()
                          ? ""
                          : fmt::format(", step {} of task {}", text("step"), text("chain_id"));
    fmt::print("task {} of {}{}, asked {}{}\n  {}\n", text("task_id"), printable(from),
               printable(step), text("asked_at", Show::instant),
               text("parked") == "t" ? ", parked" : "",
               terminal.colour ? coloured(headline, Colour::yellow) : headline);
    if (const auto body = text("body"); !body.empty()) fmt::print("{}\n", indented_text(body, 4));
    if (const auto options = options_from(text("options")); !options.empty())
        fmt::print("{}", options_text(options, text("default_option")));
    fmt::print("{}{}", items_text(text("items")), fields_text(text("schema")));
    if (const auto deadline = text("deadline", Show::instant); !deadline.empty())
        fmt::print("  until {}\n", deadline);
    if (const auto others = text("also_waiting"); others != "0")
        fmt::print("  the answer is also for {} other {} that asked the same\n", others,
                   others == "1" ? "task" : "tasks");
    fmt::print("  answer with: {}\n", text("answer_with"));
}

} // namespace

void add_inbox(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(app, "People", "inbox", "Show the questions that wait for a person",
                                "  agentcron inbox\n"
                                "  agentcron inbox --json | jq -r '.[].answer_with'\n");
    auto limit = std::make_shared<std::int64_t>(100);
    command.add_option("-n,--limit", *limit, "At most so many questions (100)")
        ->option_text("N")
        ->check(CLI::Range(1, 100'000));
    set_action(command, invocation, [&invocation, limit] {
        auto database = open_database(invocation);
        const auto inbox = database->query("cli_inbox", db::params(*limit));
        if (invocation.json || inbox.rows.empty()) {
            print_rows(invocation, inbox, {}, "nothing waits for an answer");
            return 0;
        }
        const auto terminal = terminal_of(STDOUT_FILENO);
        for (std::size_t row = 0; row < inbox.rows.size(); ++row) {
            if (row > 0) fmt::print("\n");
            print_question(inbox, row, terminal);
        }
        return 0;
    });
}

} // namespace agentcron::cli
