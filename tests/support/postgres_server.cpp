#include "support/postgres_server.hpp"

#include "db/private_cluster.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <pqxx/pqxx>
#include <pwd.h>
#include <spdlog/fmt/fmt.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace agentcron::support {
namespace fs = std::filesystem;
namespace {

constexpr auto step_within = std::chrono::minutes(2);

constexpr const char* settings = "listen_addresses = '127.0.0.1'\n"
                                 "unix_socket_directories = ''\n"
                                 "fsync = off\n"
                                 "max_connections = 80\n"
                                 "shared_buffers = 64MB\n"
                                 "wal_keep_size = 512MB\n"
                                 "wal_retrieve_retry_interval = 200ms\n"
                                 "hot_standby = on\n";

base::UniqueFd open_log(const fs::path& directory) {
    return base::UniqueFd(::open((directory / "server.log").c_str(),
                                 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
}

} // namespace

int free_port() {
    const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("no free port on 127.0.0.1");
    return ntohs(address.sin_port);
}

PostgresServer::PostgresServer(fs::path directory, int port)
    : directory_(std::move(directory))
    , data_(directory_ / "data")
    , port_(port)
    , binaries_(db::find_postgres_binaries(data_)) {
    fs::create_directories(directory_);
    if (::geteuid() != 0) return;
    // PostgreSQL refuses to run as root.
    const passwd* user = ::getpwnam("postgres");
    if (!user) throw std::runtime_error("there is no user postgres");
    run_as_ = base::UserIdentity{user->pw_uid, user->pw_gid};
    if (::chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("cannot chown " + directory_.string());
}

PostgresServer::~PostgresServer() {
    if (!server_) return;
    base::send_signal(server_->pidfd, SIGQUIT);
    base::wait(*server_, step_within);
}

base::SpawnRequest PostgresServer::request(std::vector<std::string> argv, int log) const {
    base::SpawnRequest request;
    request.argv = std::move(argv);
    request.env = std::vector<std::string>{"LC_ALL=C", "PATH=/usr/bin:/bin", "TZ=UTC"};
    request.fds = {{log, 1}, {log, 2}};
    request.working_directory = directory_.string();
    request.run_as = run_as_;
    return request;
}

void PostgresServer::run_tool(const std::string& name, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), (binaries_ / name).string());
    const auto log = open_log(directory_);
    const auto child = base::spawn(request(arguments, log.get()));
    if (!child) throw std::runtime_error(name + ": " + child.error().message());
    const auto exit = base::wait(*child, step_within);
    if (!exit || exit->code != 0)
        throw std::runtime_error(
            fmt::format("{} failed, see {}", name, (directory_ / "server.log").string()));
}

void PostgresServer::create() {
    run_tool("initdb", {"-D", data_, "-U", "agentcron", "-A", "trust", "-E", "UTF8", "--no-locale",
                        "--no-sync"});
    std::ofstream(data_ / "postgresql.conf", std::ios::app) << settings;
}

void PostgresServer::copy_from(const PostgresServer& primary) {
    fs::remove_all(data_);
    run_tool("pg_basebackup", {"-D", data_, "-d", primary.conninfo() + " application_name=standby",
                               "-R", "-c", "fast", "-X", "stream", "--no-sync"});
}

void PostgresServer::start() {
    const auto log = open_log(directory_);
    auto child = base::spawn(
        request({binaries_ / "postgres", "-D", data_, "-p", std::to_string(port_)}, log.get()));
    if (!child) throw std::runtime_error("postgres: " + child.error().message());
    server_ = std::move(*child);
    const auto deadline = std::chrono::steady_clock::now() + step_within;
    while (std::chrono::steady_clock::now() < deadline) {
        try {
            pqxx::connection(conninfo() + " connect_timeout=2");
            return;
        } catch (const pqxx::broken_connection&) {
            // Its end would be the answer; else it is looked at again a moment later.
            if (base::wait(*server_, base::Millis(50))) break;
        }
    }
    throw std::runtime_error("postgres did not start, see " + (directory_ / "server.log").string());
}

void PostgresServer::stop(Stop how) {
    base::send_signal(server_->pidfd, how == Stop::fast ? SIGINT : SIGQUIT);
    if (!base::wait(*server_, step_within))
        throw std::runtime_error("postgres did not stop, see " +
                                 (directory_ / "server.log").string());
    server_.reset();
}

void PostgresServer::promote() {
    pqxx::connection connection(conninfo());
    pqxx::nontransaction tx(connection);
    if (!tx.exec("select pg_promote(true, 60)")[0][0].as<bool>())
        throw std::runtime_error("the standby was not promoted");
}

std::string PostgresServer::conninfo() const {
    return fmt::format("host=127.0.0.1 port={} user=agentcron dbname=postgres", port_);
}

} // namespace agentcron::support
