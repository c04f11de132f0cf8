#include "base/text.hpp"
#include "cli/agent_visit.hpp"
#include "cli/commands.hpp"
#include "cli/config_path.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/findings.hpp"
#include "cli/json_text.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

NotFound no_agent(const std::string& name, const std::vector<std::string>& known,
                  std::string_view where) {
    const std::vector<std::string_view> names(known.begin(), known.end());
    return NotFound(fmt::format("there is no agent `{}` in {}{}", name, where,
                                base::did_you_mean(name, names)));
}

agent::Profile profile_of_files(const std::string& name, const std::filesystem::path& path) {
    const auto config = load_config(path);
    std::vector<std::string> known;
    for (const auto& profile : config.agents) {
        if (profile.name == name) return profile;
        known.push_back(profile.name);
    }
    throw no_agent(name, known, path.string());
}

agent::Profile profile_of_database(const std::string& name, const Invocation& invocation) {
    auto database = open_database(invocation);
    const auto rows = database->query("cli_agent", db::params(name));
    if (rows.rows.empty()) {
        std::vector<std::string> known;
        const auto all = database->query("cli_agents", db::params(1000));
        for (std::size_t row = 0; row < all.rows.size(); ++row)
            known.push_back(*all.at(row, "name"));
        throw no_agent(name, known, "the database");
    }
    auto profile = agent::profile_from_json(name, *rows.at(0, "driver"), *rows.at(0, "config"));
    if (!profile) throw UsageError(fmt::format("agent {}: {}", name, profile.error()));
    return std::move(*profile);
}

} // namespace

void add_check_agent(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Declare", "check-agent",
        "Start an agent as a task would, and report what works: program, login, questions, ...",
        "  agentcron check-agent claude                    greets it; no model is asked\n"
        "  agentcron check-agent claude --turn             one harmless turn too\n"
        "  agentcron check-agent claude --config FILE      as declared there, not in the database\n"
        "Run it as the user that the worker runs as: logins are that user's. Exit code 0: nothing\n"
        "failed, 1: something did.\n");
    struct Options {
        std::string agent;
        bool turn = false;
        std::string timeout = "60s";
    };
    auto options = std::make_shared<Options>();
    command.add_option("NAME", options->agent, "The agent")->required();
    command.add_flag("--turn", options->turn, "Ask its model for an OK; may cost a little");
    command.add_option("--timeout", options->timeout, "How long it may take")
        ->option_text("DURATION")
        ->capture_default_str();
    set_action(command, invocation, [&invocation, options] {
        const auto timeout = base::parse_duration(options->timeout);
        if (!timeout) throw UsageError("--timeout: " + timeout.error());
        if (timeout->count() == 0) throw UsageError("--timeout: must be longer than 0s");
        const auto profile = invocation.config.empty()
                                 ? profile_of_database(options->agent, invocation)
                                 : profile_of_files(options->agent, invocation.config);
        const auto findings =
            visit_agent(profile, {.with_turn = options->turn, .timeout = *timeout});
        const bool is_ok = !has_failed(findings);
        if (invocation.json)
            write_out(compact(boost::json::object{{"agent", options->agent},
                                                  {"ok", is_ok},
                                                  {"findings", findings_json(findings)}}) +
                      "\n");
        else
            print_findings(findings);
        return is_ok ? 0 : 1;
    });
}

} // namespace agentcron::cli
