// The daemon, a real agent and a scripted model (fake_model.py), all on loopback.
#pragma once

#include "e2e/cli_fixture.hpp"
#include "support/skip.hpp"

#include <filesystem>
#include <memory>

namespace agentcron::agents {

// The program of an agent as tests/run installed it; "" where it is not.
std::filesystem::path program(const std::string& name);

class AgentsRun {
public:
    AgentsRun();

    e2e::CommandLine cli;

    // An agent of this driver; `more` continues its YAML, indented by 4.
    void declare(const std::string& driver, const std::vector<std::string>& command,
                 const std::string& more = "");
    void declare_whole(std::string yaml) { agents_yaml_ = std::move(yaml); } // instead
    // Codex's own, for the scripted model; `more` are further lines.
    void write_codex_settings(const std::string& more = "");
    // An example of schedules/ as it stands, but for the replacements.
    void declare_example(const std::string& file,
                         const std::vector<std::pair<std::string, std::string>>& replacements);
    std::filesystem::path write_config(); // what was declared
    void start_daemon();
    void stop_daemon(); // with its agents
    void kill_daemon(); // they go on

    // A task of the agent; gives its id. `options` is JSON: {"hold": 1}.
    std::string enqueue(const std::string& prompt, const std::string& options = "{}");
    std::string task(const std::string& id, const std::string& column);
    std::string status_of(const std::string& id, const std::string& wanted);
    // Waits until the task has an open question, parked or held; gives its JSON from the inbox.
    boost::json::object question_of(const std::string& id, bool parked);
    void answer(const std::string& id, const std::string& text); // by SQL

    // How many responses the model gave, without what agents ask for on the side.
    std::size_t model_calls() const { return request_sizes().size(); }
    // Of each of them: how many messages it was given.
    std::vector<std::int64_t> request_sizes() const;
    std::filesystem::path work() const { return cli.directory.path() / "work"; }
    std::string model_url() const { return "http://127.0.0.1:" + model_port_; }

private:
    std::string agents_yaml_;
    std::string model_port_;
    std::unique_ptr<support::Program> model_;
    std::unique_ptr<support::Program> daemon_;
};

} // namespace agentcron::agents

// Leaves the case where the agent is not installed.
#define AGENTCRON_NEEDS_AGENT(name)                                                                \
    if (::agentcron::agents::program(name).empty())                                                \
    AGENTCRON_SKIP(name " is not installed; tests/agents/README.md says how")
