#include "chaos/site.hpp"

#include "base/read_file.hpp"
#include "chaos/tables.hpp"

#include <algorithm>
#include <fstream>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <stdexcept>

namespace agentcron::chaos {
namespace fs = std::filesystem;
namespace {

std::string content(const fs::path& path) {
    return base::read_file(path).value_or("");
}

// "TASK.RUN.TOKEN"
std::optional<Run> run_of(const std::string& directory_name) {
    Run run;
    if (std::sscanf(directory_name.c_str(), "%ld.%d.", &run.first, &run.second) != 2)
        return std::nullopt;
    return run;
}

// Pid and arguments, parted by NUL, of every process.
std::map<int, std::string> command_lines() {
    std::map<int, std::string> all;
    for (const auto& entry : fs::directory_iterator("/proc"))
        if (const int pid = std::atoi(entry.path().filename().c_str()); pid > 0)
            all[pid] = content(entry.path() / "cmdline");
    return all;
}

} // namespace

bool comes(const std::function<bool()>& holds, base::Millis within) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        ::poll(nullptr, 0, 20);
    }
    return true;
}

Site::Site(Settings settings)
    : settings_(std::move(settings))
    , servers_{std::make_unique<support::PostgresServer>(directory_.path() / "postgres-0",
                                                         support::free_port()),
               std::make_unique<support::PostgresServer>(directory_.path() / "postgres-1",
                                                         support::free_port())}
    , client_(client_conninfo()) {
    fs::remove_all(settings_.keep);
    fs::create_directories(accounts());
    const bool has_disks = support::why_no_mounts().empty();
    for (const int daemon : {0, 1}) {
        auto& one = daemon_at(daemon);
        if (has_disks) one.disk = std::make_unique<support::SmallDisk>(state(daemon), "size=64m");
        for (std::size_t i = 0; i < 2; ++i)
            one.proxies[i] = std::make_unique<support::CuttingProxy>(servers_[i]->port());
    }
    const auto agent = fs::path(AGENTCRON_BINARY_DIR) / "tests/tests_telling_agent";
    directory_.write("agentcron.yaml",
                     fmt::format("agents:\n  teller:\n    driver: command\n    command: [{}, {}]\n"
                                 "    grace: 1s\nschedules: {{}}\n",
                                 agent.string(), accounts().string()));
    primary().create();
    primary().start();
    support::ProgramOptions options;
    options.environment = {{"AGENTCRON_DATABASE_URL", primary().conninfo()}};
    const auto migrated = support::run_agentcron({"migrate"}, std::move(options));
    if (migrated.exit_code != 0) throw std::runtime_error("not migrated: " + migrated.err);
    observe(client_);
    if (settings_.with_standby) follow();
}

Site::~Site() {
    for (int daemon = 0; daemon < 2; ++daemon)
        if (is_running(daemon)) finish(daemon);
    std::error_code ignored;
    for (const int server : {0, 1})
        fs::copy_file(directory_.path() / fmt::format("postgres-{}/server.log", server),
                      settings_.keep / fmt::format("postgres-{}.log", server),
                      fs::copy_options::overwrite_existing, ignored);
}

std::string Site::client_conninfo() const {
    return fmt::format("host=127.0.0.1,127.0.0.1 port={},{} user=agentcron dbname=postgres "
                       "target_session_attrs=read-write connect_timeout=5 "
                       "application_name=driver",
                       servers_[0]->port(), servers_[1]->port());
}

std::string Site::conninfo(const Daemon& daemon) const {
    return fmt::format("host=127.0.0.1,127.0.0.1 port={},{} user=agentcron dbname=postgres "
                       "target_session_attrs=read-write",
                       daemon.proxies[0]->port(), daemon.proxies[1]->port());
}

fs::path Site::state(int daemon) const {
    return directory_.path() / ("state-" + name_of(daemon));
}

void Site::start(int daemon) {
    auto& one = daemon_at(daemon);
    support::ProgramOptions options;
    options.environment = {{"AGENTCRON_STATE_DIR", state(daemon)}, {"HOME", directory_.path()}};
    options.working_directory = directory_.path();
    one.program = std::make_unique<support::Program>(
        std::vector<std::string>{settings_.binary, "up", "--config",
                                 directory_.path() / "agentcron.yaml", "--database", conninfo(one),
                                 "--slots", "10", "--lease", std::to_string(settings_.lease_s)},
        std::move(options));
    daemon_pids_[one.program->pid()] = name_of(daemon);
    if (one.program->wait_for_output(" ready ", base::Seconds(120))) return;
    throw std::runtime_error(
        fmt::format("daemon {} did not become ready:\n{}", name_of(daemon), one.program->err()));
}

// A renewal may have looked just before a registration was committed.
void Site::until_they_know_each_other() {
    const bool they_do = comes([this] {
        return client_.value("select count(*) from agentcron.workers where stopped_at is null and "
                             "heartbeat_at < (select max(started_at) + interval '100 ms' from "
                             "agentcron.workers)") == "0";
    });
    if (!they_do) throw std::runtime_error("the daemons do not renew their leases");
}

void Site::signal(int daemon, int number) {
    daemon_at(daemon).program->signal(number);
}

void Site::finish(int daemon) {
    auto& program = daemon_at(daemon).program;
    program->finish(base::Seconds(120));
    std::ofstream(settings_.keep / fmt::format("daemon-{}.log", name_of(daemon)), std::ios::app)
        << fmt::format("process {}\n", program->pid()) << program->err();
    program.reset();
}

// With every commit that is acknowledged on the standby too, a failover may lose none of them.
void Site::follow() {
    auto& standby = *servers_[1 - primary_];
    standby.copy_from(primary());
    standby.start();
    Client client(primary().conninfo());
    if (!comes([&] {
            return client.value("select count(*) from pg_stat_replication "
                                "where state = 'streaming' and application_name = 'standby'") ==
                   "1";
        }))
        throw std::runtime_error("the standby does not follow");
    // Not in a transaction.
    pqxx::connection connection(primary().conninfo());
    pqxx::nontransaction tx(connection);
    tx.exec("alter system set synchronous_standby_names = '*'");
    tx.exec("select pg_reload_conf()");
}

void Site::fail_over() {
    primary().stop(support::PostgresServer::Stop::immediate);
    primary_ = 1 - primary_;
    primary().promote();
    follow();
}

std::vector<std::pair<int, Run>> Site::shims() const {
    std::vector<std::pair<int, Run>> found;
    for (const auto& [pid, line] : command_lines()) {
        const auto end = line.find('\0');
        if (end == std::string::npos || !line.substr(0, end).ends_with("agentcron-shim")) continue;
        const auto path = line.substr(end + 1, line.find('\0', end + 1) - end - 1);
        if (!path.starts_with(directory_.path().string())) continue;
        if (const auto run = run_of(fs::path(path).filename())) found.emplace_back(pid, *run);
    }
    return found;
}

std::vector<std::string> Site::processes() const {
    // What agents start inherits the variable; shims have no environment.
    const auto variable = "AGENTCRON_SOCKET=" + directory_.path().string();
    std::vector<std::string> found;
    for (auto [pid, line] : command_lines()) {
        const bool is_shim = line.find("agentcron-shim") != std::string::npos &&
                             line.find(directory_.path().string()) != std::string::npos;
        const auto environment = content(fmt::format("/proc/{}/environ", pid));
        if (!is_shim && environment.find(variable) == std::string::npos) continue;
        std::replace(line.begin(), line.end(), '\0', ' ');
        found.push_back(fmt::format("{} {}", pid, line));
    }
    return found;
}

} // namespace agentcron::chaos
