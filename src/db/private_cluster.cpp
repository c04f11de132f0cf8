#include "db/private_cluster.hpp"

#include "db/connection.hpp"
#include "db/statements.hpp"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <pwd.h>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace agentcron::db {
namespace fs = std::filesystem;
namespace {

constexpr auto ready_within = std::chrono::minutes(5); // crash recovery may take a while
constexpr std::size_t socket_path_max = 107;
constexpr const char* socket_name = "/.s.PGSQL.5432";

std::string error_text(const std::string& what) {
    return fmt::format("{}: {}", what, std::strerror(errno));
}

base::UniqueFd open_lock(const fs::path& path) {
    base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd) throw ClusterError(error_text("cannot open " + path.string()));
    return fd;
}

void lock(const base::UniqueFd& fd, int kind) {
    while (::flock(fd.get(), kind) != 0)
        if (errno != EINTR) throw ClusterError(error_text("cannot lock"));
}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string line_of(const std::string& text, int number) {
    std::size_t at = 0;
    for (int i = 1; i < number; ++i) {
        at = text.find('\n', at);
        if (at == std::string::npos) return {};
        ++at;
    }
    return text.substr(at, text.find('\n', at) - at);
}

// As root: an account for the server, because PostgreSQL refuses to run as root.
const passwd* unprivileged_user() {
    for (const char* name : {"agentcron", "postgres"})
        if (const passwd* user = ::getpwnam(name)) return user;
    throw ClusterError("PostgreSQL does not run as root and there is neither a user `agentcron` "
                       "nor `postgres` to run it: install Debian's package postgresql, or create "
                       "one with `useradd --system agentcron`");
}

// Of a list in PostgreSQL's configuration.
std::string quoted_element(std::string_view element) {
    std::string out = "\"";
    for (const char c : element) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

void run_to_end(const base::SpawnRequest& request, const fs::path& log) {
    const auto child = base::spawn(request);
    if (!child) throw ClusterError(request.argv[0] + " did not start: " + child.error().message());
    const auto exit = base::wait(*child, std::chrono::minutes(2));
    if (!exit || exit->code != 0)
        throw ClusterError(fmt::format("{} failed; its output is in {}:\n{}", request.argv[0],
                                       log.string(), read_file(log)));
}

} // namespace

fs::path find_postgres_binaries(const fs::path& data) {
    const std::string wanted = line_of(read_file(data / "PG_VERSION"), 1);
    fs::path best;
    int best_version = 0;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
        const auto bin = entry.path() / "bin";
        const int version = std::atoi(entry.path().filename().c_str());
        if (!fs::exists(bin / "postgres") || !fs::exists(bin / "initdb")) continue;
        if (wanted == entry.path().filename()) return bin;
        if (version > best_version) best_version = version, best = bin;
    }
    if (best.empty())
        throw ClusterError("no PostgreSQL server is installed: install Debian's package "
                           "postgresql, or name a database with --database");
    if (!wanted.empty())
        throw ClusterError(fmt::format(
            "the data in {} is of PostgreSQL {}, only version {} is installed: install package "
            "postgresql-{}, or upgrade the data: pg_upgrade -b /usr/lib/postgresql/{}/bin -B {} "
            "-d {} -D NEW_DIRECTORY",
            data.string(), wanted, best_version, wanted, wanted, best.string(), data.string()));
    return best;
}

bool PrivateCluster::exists(const fs::path& state_directory) {
    std::error_code ignored;
    return fs::exists(state_directory / "postgres" / "data" / "PG_VERSION", ignored);
}

PrivateCluster::PrivateCluster(const fs::path& state_directory, const Progress& progress) {
    choose_paths(state_directory);
    const auto starting = open_lock(state_directory / "postgres.start.lock");
    lock(starting, LOCK_EX);
    users_lock_ = open_lock(state_directory / "postgres.users.lock");
    lock(users_lock_, LOCK_SH);
    binaries_ = find_postgres_binaries(data_);
    if (!fs::exists(data_ / "PG_VERSION")) make(progress);
    if (!join()) {
        progress("starting the private PostgreSQL in " + directory_.string());
        start();
    }
    wait_until_ready();
    create_database();
}

PrivateCluster::~PrivateCluster() {
    try {
        stop_if_last();
    } catch (const std::exception&) {
        // A server that is left running is found again by the next start.
    }
}

void PrivateCluster::choose_paths(const fs::path& state_directory) {
    directory_ = state_directory / "postgres";
    data_ = directory_ / "data";
    std::error_code error;
    fs::create_directories(directory_, error);
    if (error)
        throw ClusterError(fmt::format("cannot create {}: {}; choose another place with "
                                       "AGENTCRON_STATE_DIR",
                                       directory_.string(), error.message()));
    if (::geteuid() == 0) {
        const passwd* user = unprivileged_user();
        run_as_ = base::UserIdentity{user->pw_uid, user->pw_gid};
        user_name_ = user->pw_name;
        if (::chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0)
            throw ClusterError(error_text("cannot chown " + directory_.string()));
    } else {
        const passwd* user = ::getpwuid(::geteuid());
        user_name_ = user ? user->pw_name : std::to_string(::geteuid());
    }
    ::chmod(directory_.c_str(), 0700);
    sockets_ = directory_;
    if (sockets_.string().size() + std::strlen(socket_name) > socket_path_max) {
        // sun_path is short: the sockets go to a directory that is ours alone.
        sockets_ = fmt::format("/tmp/agentcron-{}-{:016x}", ::geteuid(),
                               std::hash<std::string>()(directory_.string()));
        if (::mkdir(sockets_.c_str(), 0700) != 0 && errno != EEXIST)
            throw ClusterError(error_text("cannot create " + sockets_.string()));
        struct stat info {};
        if (::lstat(sockets_.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) ||
            (info.st_uid != ::geteuid() && (!run_as_ || info.st_uid != run_as_->uid)))
            throw ClusterError(sockets_.string() + " belongs to somebody else");
        if (run_as_ && ::chown(sockets_.c_str(), run_as_->uid, run_as_->gid) != 0)
            throw ClusterError(error_text("cannot chown " + sockets_.string()));
    }
    conninfo_ = complete_conninfo(fmt::format("host={} port=5432 user=agentcron dbname=agentcron",
                                              conninfo_value(sockets_.string())));
}

void PrivateCluster::make(const Progress& progress) {
    progress("creating the private PostgreSQL in " + directory_.string() + " (once)");
    // initdb works beside the final place: a crash in the middle leaves nothing that looks whole.
    const auto unfinished = directory_ / "data.unfinished";
    const auto log_path = directory_ / "initdb.log";
    fs::remove_all(unfinished);
    const base::UniqueFd log(
        ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    base::SpawnRequest request;
    request.argv = {(binaries_ / "initdb").string(),
                    "-D",
                    unfinished.string(),
                    "-U",
                    "agentcron",
                    "--no-locale",
                    "-E",
                    "UTF8",
                    "--auth-local=peer",
                    "--auth-host=reject"};
    request.env = std::vector<std::string>{"LC_ALL=C", "PATH=/usr/bin:/bin", "TZ=UTC"};
    request.fds = {{log.get(), 1}, {log.get(), 2}};
    request.working_directory = directory_.string();
    request.run_as = run_as_;
    run_to_end(request, log_path);
    std::ofstream(unfinished / "pg_hba.conf", std::ios::trunc)
        << "# Only the server's own user and who started it, through the Unix socket.\n"
           "local all all peer map=agentcron\n";
    write_ident(unfinished);
    fs::rename(unfinished, data_);
}

// As whom the server's own user and root may log in. Written before each start, for a cluster that
// an older agentcron made.
void PrivateCluster::write_ident(const fs::path& data) const {
    std::ofstream ident(data / "pg_ident.conf", std::ios::trunc);
    for (const char* role : {"agentcron", "agentcron_context"}) {
        ident << "agentcron " << user_name_ << " " << role << "\n";
        if (user_name_ != "root") ident << "agentcron root " << role << "\n";
    }
    ident.close();
    if (!ident) throw ClusterError("cannot write pg_ident.conf in " + data.string());
}

// Is a server of this data directory alive? Then server_ is its pidfd, server_pid_ its pid.
bool PrivateCluster::join() {
    const auto pid_file = data_ / "postmaster.pid";
    const int pid = std::atoi(line_of(read_file(pid_file), 1).c_str());
    if (pid <= 0) return false;
    server_ = base::open_pidfd(pid);
    pollfd ended{server_.get(), POLLIN, 0}; // an unreaped one is no server
    const bool alive = server_ && ::poll(&ended, 1, 0) == 0;
    std::error_code unknown;
    const bool in_data = fs::equivalent(fmt::format("/proc/{}/cwd", pid), data_, unknown);
    server_pid_ = pid;
    if (alive && in_data) return true;
    server_.reset();
    // A stale file may name a pid that something else has now: after a reboot it is likely near.
    // PostgreSQL would take that for a rival and refuse to start.
    if (alive && !unknown) fs::remove(pid_file, unknown);
    return false;
}

void PrivateCluster::start() {
    write_ident(data_);
    const auto log_path = directory_ / "server.log";
    std::error_code ignored;
    if (fs::file_size(log_path, ignored) > (8u << 20) && !ignored)
        fs::rename(log_path, directory_ / "server.log.1", ignored);
    const base::UniqueFd log(
        ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    base::SpawnRequest request;
    request.argv = {(binaries_ / "postgres").string(),
                    "-D",
                    data_.string(),
                    "-c",
                    "listen_addresses=",
                    "-c",
                    "unix_socket_directories=" + quoted_element(sockets_.string()),
                    "-c",
                    "unix_socket_permissions=0700",
                    "-c",
                    "port=5432",
                    "-c",
                    "shared_buffers=64MB",
                    "-c",
                    "jit=off", // planning costs more than these statements take
                    "-c",
                    "log_timezone=UTC"};
    request.env = std::vector<std::string>{"LC_ALL=C", "PATH=/usr/bin:/bin", "TZ=UTC"};
    request.fds = {{log.get(), 1}, {log.get(), 2}};
    request.working_directory = directory_.string();
    request.new_session = true; // a Ctrl-C at our terminal is ours, not the server's
    request.run_as = run_as_;
    auto child = base::spawn(request);
    if (!child)
        throw ClusterError("the private PostgreSQL did not start: " + child.error().message());
    server_ = std::move(child->pidfd);
    server_pid_ = child->pid;
}

// What a server left that was killed, or whose machine was, says nothing of the one that starts.
bool PrivateCluster::is_ready() const {
    const auto text = read_file(data_ / "postmaster.pid");
    return std::atoi(line_of(text, 1).c_str()) == server_pid_ &&
           line_of(text, 8).starts_with("ready");
}

void PrivateCluster::wait_until_ready() {
    const base::UniqueFd changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    ::inotify_add_watch(changes.get(), data_.c_str(), IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE);
    const auto deadline = std::chrono::steady_clock::now() + ready_within;
    while (!is_ready()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd fds[] = {{changes.get(), POLLIN, 0}, {server_.get(), POLLIN, 0}};
        if (left.count() <= 0 || ::poll(fds, 2, static_cast<int>(left.count())) == 0)
            throw ClusterError("the private PostgreSQL is not ready after 5 minutes:\n" +
                               log_tail());
        if (fds[1].revents != 0)
            throw ClusterError("the private PostgreSQL ended at its start:\n" + log_tail());
        char events[4096];
        while (::read(changes.get(), events, sizeof events) > 0) {
        }
    }
}

void PrivateCluster::create_database() {
    // Looked at each time: a crash may have come between initdb and this.
    const auto maintenance = complete_conninfo(fmt::format(
        "host={} port=5432 user=agentcron dbname=postgres", conninfo_value(sockets_.string())));
    try {
        Connection connection(maintenance);
        pqxx::nontransaction tx(connection.raw());
        if (tx.exec(std::string(statement("has_database"))).empty())
            tx.exec(std::string(statement("create_database")));
    } catch (const Unreachable& error) {
        throw ClusterError(fmt::format("the private PostgreSQL in {} takes no connection: {}",
                                       directory_.string(), error.what()));
    }
}

void PrivateCluster::restart() {
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(server_.get()), &info, WEXITED | WNOHANG);
    const auto starting = open_lock(directory_.parent_path() / "postgres.start.lock");
    lock(starting, LOCK_EX);
    if (!join()) start();
}

void PrivateCluster::stop_if_last() {
    if (!users_lock_ || !server_) return;
    const auto starting = open_lock(directory_.parent_path() / "postgres.start.lock");
    lock(starting, LOCK_EX);
    if (::flock(users_lock_.get(), LOCK_EX | LOCK_NB) != 0) return; // others use it
    if (!base::send_signal(server_, SIGINT)) return;                // fast shutdown
    pollfd fd{server_.get(), POLLIN, 0};
    while (::poll(&fd, 1, 60'000) < 0 && errno == EINTR) {
    }
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(server_.get()), &info, WEXITED | WNOHANG);
}

std::string PrivateCluster::log_tail() const {
    const auto log = read_file(directory_ / "server.log");
    return log.size() > 2000 ? log.substr(log.size() - 2000) : log;
}

} // namespace agentcron::db
