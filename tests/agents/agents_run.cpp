#include "agents/agents_run.hpp"

#include "base/text.hpp"

#include <csignal>
#include <fstream>
#include <iterator>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agents {
namespace fs = std::filesystem;
namespace {

// A real agent takes seconds to start on a loaded machine.
constexpr base::Seconds agent_limit{120};

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

fs::path program(const std::string& name) {
    const auto agents = fs::path(AGENTCRON_BINARY_DIR) / "agents";
    const auto path = agents / "node_modules/.bin" / name;
    return fs::exists(agents / "usable") && fs::exists(path) ? path : fs::path();
}

AgentsRun::AgentsRun() {
    fs::create_directories(work());
    support::ProgramOptions options;
    options.working_directory = cli.directory.path();
    model_ = std::make_unique<support::Program>(
        std::vector<std::string>{"/usr/bin/python3",
                                 AGENTCRON_SOURCE_DIR "/tests/agents/fake_model.py",
                                 (cli.directory.path() / "model.log").string()},
        options);
    REQUIRE(model_->wait_for_output("\n"));
    model_port_ = base::trim(model_->out());
}

void AgentsRun::declare(const std::string& driver, const std::vector<std::string>& command,
                        const std::string& more) {
    agents_yaml_ = fmt::format("agents:\n"
                               "  real:\n"
                               "    driver: {}\n"
                               "    command: [{}]\n"
                               "    grace: 20s\n"
                               "    workspace: {{dir: {}}}\n{}",
                               driver, fmt::join(command, ", "), work().string(), more);
}

void AgentsRun::write_codex_settings(const std::string& more) {
    cli.directory.write(".codex/config.toml", fmt::format("model = \"fake-model\"\n"
                                                          "model_provider = \"fake\"\n"
                                                          "{}"
                                                          "[model_providers.fake]\n"
                                                          "name = \"fake\"\n"
                                                          "base_url = \"{}/v1\"\n"
                                                          "wire_api = \"responses\"\n"
                                                          "env_key = \"FAKE_MODEL_KEY\"\n"
                                                          "request_max_retries = 0\n"
                                                          "stream_max_retries = 0\n",
                                                          more, model_url()));
}

void AgentsRun::declare_example(
    const std::string& file, const std::vector<std::pair<std::string, std::string>>& replacements) {
    agents_yaml_ = text_of(fs::path(AGENTCRON_SOURCE_DIR) / "schedules" / file);
    REQUIRE_FALSE(agents_yaml_.empty());
    for (const auto& [from, to] : replacements) {
        const auto at = agents_yaml_.find(from);
        INFO(from);
        REQUIRE(at != std::string::npos);
        agents_yaml_.replace(at, from.size(), to);
    }
}

fs::path AgentsRun::write_config() {
    return cli.directory.write("agents.yaml", agents_yaml_);
}

void AgentsRun::start_daemon() {
    const auto config = write_config();
    daemon_ = std::make_unique<support::Program>(
        std::vector<std::string>{support::agentcron_binary(), "up", "--config", config},
        cli.options());
    REQUIRE(daemon_->wait_for_output("ready"));
}

void AgentsRun::stop_daemon() {
    daemon_->signal(SIGINT);
    CHECK(daemon_->finish(agent_limit).exit_code == 0);
    daemon_.reset();
}

void AgentsRun::kill_daemon() {
    daemon_->signal(SIGKILL);
    daemon_->finish(agent_limit);
    daemon_.reset();
}

std::string AgentsRun::enqueue(const std::string& prompt, const std::string& options) {
    return cli.database.value(fmt::format(
        "select agentcron.enqueue('real', $prompt${}$prompt$, options => '{}')", prompt, options));
}

std::string AgentsRun::task(const std::string& id, const std::string& column) {
    return cli.database.value(
        fmt::format("select {} from agentcron.tasks where id = {}", column, id));
}

std::string AgentsRun::status_of(const std::string& id, const std::string& wanted) {
    auto status = cli.database.wait_for_value("select status from agentcron.tasks where id = " + id,
                                              wanted, agent_limit);
    if (status != wanted) UNSCOPED_INFO("log of the task:\n" << cli.out({"logs", id}));
    if (status != wanted) UNSCOPED_INFO("log of the daemon:\n" << daemon_->err());
    return status;
}

boost::json::object AgentsRun::question_of(const std::string& id, bool parked) {
    const auto open = fmt::format("select parked from agentcron.inbox where task_id = {}", id);
    const auto state = cli.database.wait_for_value(open, parked ? "t" : "f", agent_limit);
    if (state.empty()) UNSCOPED_INFO("log of the task:\n" << cli.out({"logs", id}));
    REQUIRE(state == (parked ? "t" : "f"));
    return cli.json({"inbox"}).at(0).as_object();
}

void AgentsRun::answer(const std::string& id, const std::string& text) {
    cli.database.execute(fmt::format("select agentcron.answer({}, $answer${}$answer$)", id, text));
}

std::vector<std::int64_t> AgentsRun::request_sizes() const {
    std::vector<std::int64_t> sizes;
    const auto log = text_of(cli.directory.path() / "model.log");
    for (const auto line : base::split(log, '\n')) {
        if (line.empty() || line.find("\"side request\"") != std::string_view::npos) continue;
        sizes.push_back(boost::json::parse(line).at("messages").as_int64());
    }
    return sizes;
}

} // namespace agentcron::agents
