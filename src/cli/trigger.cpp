#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/names.hpp"
#include "cli/rows.hpp"
#include "cli/task_log.hpp"
#include "cli/time_text.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

struct TriggerOptions {
    std::string schedule;
    std::string agent;
    std::string prompt;
    std::string at;
    std::vector<std::string> params;
    std::string params_json;
    bool wait = false;
};

db::Table enqueue(db::Client& client, const TriggerOptions& options, const std::string& params) {
    std::optional<base::Instant> at;
    if (!options.at.empty()) {
        const auto parsed = parse_time(options.at, base::SystemClock().now());
        if (!parsed) throw UsageError("--at: " + parsed.error());
        at = *parsed;
    }
    const auto prompt = db::storable_text(text_or_stdin(options.prompt));
    return client.query("cli_enqueue", db::params(options.agent, prompt, params, at));
}

int trigger(const Invocation& invocation, const TriggerOptions& options) {
    if (options.schedule.empty() == options.agent.empty())
        throw UsageError("name a schedule, or an agent with --agent and --prompt");
    const auto params = db::storable_json(params_from(options.params, options.params_json));
    auto database = open_database(invocation);
    const auto made =
        options.agent.empty()
            ? with_suggestion(*database.client, options.schedule,
                              [&] {
                                  return database->query("cli_trigger",
                                                         db::params(options.schedule, params));
                              })
            : enqueue(*database.client, options, params);
    const auto task_id = std::stoll(*made.at(0, "task_id"));
    if (!options.wait) {
        print_done(invocation, made, std::to_string(task_id));
        return 0;
    }
    fmt::print(stderr, "task {}\n", task_id); // stdout is the agent's
    LogFormat format;
    format.follow = true;
    return print_log(invocation, database, task_id, format);
}

} // namespace

void add_trigger(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Act", "trigger", "Run a schedule, or an agent, once and now; prints the id",
        "  agentcron trigger nightly                   prints the task's id\n"
        "  agentcron trigger nightly --wait            follows it; exit code 0 if it succeeds\n"
        "  agentcron trigger nightly --param repo=app  {{params.repo}} in the prompt\n"
        "  agentcron trigger --agent claude --prompt \"Summarise today's commits\"\n"
        "  agentcron trigger --agent claude --prompt - < prompt.md\n");
    auto options = std::make_shared<TriggerOptions>();
    command.add_option("NAME", options->schedule, "The schedule");
    auto* agent = command.add_option("--agent", options->agent, "Run this agent instead")
                      ->option_text("NAME");
    command
        .add_option("--prompt", options->prompt, "What to tell the agent; - reads it from stdin")
        ->option_text("TEXT")
        ->needs(agent);
    command.add_option("--at", options->at, "Not before this time")
        ->option_text("TIME")
        ->needs(agent);
    command.add_option("--param", options->params, "A parameter, as text; may be repeated")
        ->option_text("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_option("--params", options->params_json, "Parameters as one JSON object")
        ->option_text("JSON");
    command.add_flag("--wait", options->wait, "Follow its output to its end");
    set_action(command, invocation,
               [&invocation, options] { return trigger(invocation, *options); });
}

} // namespace agentcron::cli
