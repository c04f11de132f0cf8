#include "cli/answer_choice.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/printable.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

struct AnswerOptions {
    std::string task;
    std::string text;
    std::optional<std::int64_t> question;
    bool force = false;
};

int answer(const Invocation& invocation, const AnswerOptions& options) {
    const auto task_id = task_id_from(options.task);
    auto text = text_or_stdin(options.text);
    auto database = open_database(invocation);
    const auto open = database->query("cli_open_question", db::params(task_id, options.question));
    std::optional<std::int64_t> question = options.question;
    if (!open.rows.empty()) {
        question = std::stoll(*open.at(0, "id"));
        if (!options.force) {
            const auto offered = options_from(open.at(0, "options").value_or(""));
            const auto chosen = choose_answer(text, *open.at(0, "kind"), offered);
            if (!chosen)
                throw UsageError(
                    fmt::format("`{}` is none of the options:\n{}--force sends it all the same",
                                printable(text), options_text(offered, {})));
            text = *chosen;
        }
    }
    // Without an open question the server says why: no such task, or answered, and by whom.
    const auto answered = database->query(
        "cli_answer", db::params(task_id, db::storable_text(text), user_name(), question));
    print_done(invocation, answered, fmt::format("answered task {}: {}", task_id, text));
    return 0;
}

} // namespace

void add_answer(CLI::App& app, Invocation& invocation) {
    auto& command =
        add_command(app, "People", "answer", "Answer a question of a task; the first answer wins",
                    "  agentcron answer 17 main           an option's value or label\n"
                    "  agentcron answer 17 2              the second option\n"
                    "  agentcron answer 17 \"use the staging database\"\n"
                    "  agentcron answer 17 - < notes.txt  from stdin\n"
                    "  agentcron answer 17 -- -1          a text that starts with -\n");
    auto options = std::make_shared<AnswerOptions>();
    command.add_option("ID", options->task, "The task")->required();
    command.add_option("TEXT", options->text, "The answer; - reads it from stdin")->required();
    command
        .add_option("--question", options->question, "Of several open ones; default: the oldest")
        ->option_text("QUESTION-ID");
    command.add_flag("--force", options->force, "Send a text that is none of the options");
    set_action(command, invocation,
               [&invocation, options] { return answer(invocation, *options); });
}

} // namespace agentcron::cli
