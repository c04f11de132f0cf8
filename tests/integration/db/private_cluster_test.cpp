// The private PostgreSQL: made once, shared, found again after crashes. One state directory serves
// all cases, because making it takes seconds; each case leaves it whole and stopped.
#include "db/private_cluster.hpp"

#include "db/choose.hpp"
#include "db/connection.hpp"
#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <csignal>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace agentcron::db {
namespace fs = std::filesystem;
namespace {

class StateRoot {
public:
    StateRoot() {
        std::string pattern = (fs::temp_directory_path() / "agentcron-state-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
        fs::permissions(path, fs::perms(0755)); // as root the server is another user
    }
    ~StateRoot() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    fs::path path;
};

// Its name is as awkward as a path may be.
fs::path state() {
    static const StateRoot root;
    const auto path = root.path / R"(it's a "state" \ directory)";
    fs::create_directories(path);
    return path;
}

class Progress {
public:
    operator PrivateCluster::Progress() {
        return [this](const std::string& text) { told += text + "\n"; };
    }
    std::string told;
};

pid_t server_pid(const fs::path& directory) {
    std::ifstream in(directory / "postgres" / "data" / "postmaster.pid");
    pid_t pid = 0;
    in >> pid;
    return pid;
}

bool has_ended(int pidfd, int within_ms) {
    pollfd fd{pidfd, POLLIN, 0};
    return ::poll(&fd, 1, within_ms) > 0;
}

std::string value(const PrivateCluster& cluster, const std::string& sql) {
    Connection connection(cluster.conninfo());
    pqxx::nontransaction tx(connection.raw());
    return text_of(tx.exec(sql)[0][0]);
}

std::string cluster_error(const fs::path& directory) {
    try {
        const PrivateCluster cluster(directory, Progress());
    } catch (const ClusterError& error) {
        return error.what();
    }
    return "";
}

// Another process that uses the cluster and is killed.
pid_t user_in_another_process(const fs::path& directory) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        try {
            const PrivateCluster cluster(directory, [](const std::string&) {});
            const auto written = ::write(ready[1], "+", 1);
            if (written == 1) ::pause();
        } catch (const std::exception&) {
        }
        ::_exit(1);
    }
    ::close(ready[1]);
    char byte = 0;
    CHECK(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    return pid;
}

} // namespace

TEST_CASE("a private cluster is made once, whatever an interrupted start left",
          "[integration][db][cluster]") {
    const bool made_before = PrivateCluster::exists(state());
    if (!made_before) {
        fs::create_directories(state() / "postgres" / "data.unfinished" / "base");
        std::ofstream(state() / "postgres" / "data.unfinished" / "PG_VERSION") << "15\n";
    }
    Progress first;
    {
        const PrivateCluster cluster(state(), first);
        CHECK((first.told.find("(once)") != std::string::npos) == !made_before);
        CHECK(PrivateCluster::exists(state()));
        CHECK(value(cluster, "select current_database()") == "agentcron");
        CHECK(value(cluster, "show listen_addresses") == "");
        const auto mode = fs::status(cluster.directory()).permissions();
        CHECK(mode == fs::perms::owner_all);
    }
    CHECK(server_pid(state()) == 0);
    Progress second;
    const PrivateCluster cluster(state(), second);
    CHECK(second.told.find("(once)") == std::string::npos);
    CHECK(!fs::exists(state() / "postgres" / "data.unfinished"));
}

TEST_CASE("the last user of a private cluster stops it", "[integration][db][cluster]") {
    Progress progress;
    auto first = std::make_unique<PrivateCluster>(state(), progress);
    progress.told.clear();
    auto second = std::make_unique<PrivateCluster>(state(), progress);
    CHECK(progress.told.empty());
    const base::UniqueFd server(::dup(first->server_pidfd()));
    first.reset();
    CHECK_FALSE(has_ended(server.get(), 0));
    CHECK(value(*second, "select 1") == "1");
    second.reset();
    CHECK(has_ended(server.get(), 0));
    CHECK(server_pid(state()) == 0);
}

TEST_CASE("a server that outlived its users is found again", "[integration][db][cluster]") {
    { const PrivateCluster made(state(), Progress()); }
    const pid_t user = user_in_another_process(state());
    const pid_t server = server_pid(state());
    ::kill(user, SIGKILL);
    ::waitpid(user, nullptr, 0);
    REQUIRE(server > 0);
    Progress progress;
    const PrivateCluster cluster(state(), progress);
    CHECK(progress.told.empty());
    CHECK(server_pid(state()) == server);
    CHECK(value(cluster, "select 1") == "1");
}

TEST_CASE("a server that was killed is started again, with what was committed",
          "[integration][db][cluster]") {
    PrivateCluster cluster(state(), Progress());
    value(cluster, "create table if not exists kept (x int)");
    value(cluster, "truncate kept");
    value(cluster, "insert into kept values (7)");
    REQUIRE(::kill(server_pid(state()), SIGKILL) == 0);
    REQUIRE(has_ended(cluster.server_pidfd(), 60'000));
    // Its backends may live a moment longer and refuse a successor: try as the daemon does.
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    std::string kept;
    while (kept.empty() && std::chrono::steady_clock::now() < limit) {
        if (has_ended(cluster.server_pidfd(), 0)) cluster.restart();
        has_ended(cluster.server_pidfd(), 50);
        try {
            kept = value(cluster, "select x from kept");
        } catch (const Unreachable&) {
        }
    }
    CHECK(kept == "7");
}

TEST_CASE("a stale pid file that names another PostgreSQL's process is not believed",
          "[integration][db][cluster]") {
    { const PrivateCluster made(state(), Progress()); }
    // Any process named postgres will do: the server of the other cases' databases.
    const support::TestDatabase other;
    std::string pid;
    {
        Connection connection(other.conninfo());
        pid = std::to_string(connection.raw().backendpid());
        const auto file = state() / "postgres" / "data" / "postmaster.pid";
        std::ofstream(file) << pid << "\n\n\n\n\n\n\nready\n";
        Progress progress;
        const PrivateCluster cluster(state(), progress);
        CHECK_THAT(progress.told, Catch::Contains("starting"));
        CHECK(value(cluster, "select 1") == "1");
    }
}

TEST_CASE("data of another major version is a clear error", "[integration][db][cluster]") {
    { const PrivateCluster made(state(), Progress()); }
    const auto file = state() / "postgres" / "data" / "PG_VERSION";
    std::ifstream in(file);
    const std::string version(std::istreambuf_iterator<char>(in), {});
    std::ofstream(file) << "9\n";
    const auto error = cluster_error(state());
    std::ofstream(file) << version;
    CHECK_THAT(error, Catch::Contains("is of PostgreSQL 9,") &&
                          Catch::Contains("install package postgresql-9") &&
                          Catch::Contains("pg_upgrade"));
    CHECK(server_pid(state()) == 0);
}

TEST_CASE("a state path longer than a socket's address works", "[integration][db][cluster]") {
    { const PrivateCluster made(state(), Progress()); }
    auto longer = state().parent_path() / std::string(60, 'l') / std::string(60, 'o');
    fs::create_directories(longer.parent_path());
    fs::rename(state(), longer);
    fs::path sockets;
    {
        const PrivateCluster cluster(longer, Progress());
        CHECK(value(cluster, "select 1") == "1");
        sockets = value(cluster,
                        "select trim(both '\"' from current_setting('unix_socket_directories'))");
        CHECK(fs::status(sockets).permissions() == fs::perms::owner_all);
    }
    std::error_code ignored;
    fs::remove_all(sockets, ignored);
    fs::remove(state());
    fs::rename(longer, state());
}

TEST_CASE("a state directory that cannot be made is a clear error", "[integration][db][cluster]") {
    const auto file = state().parent_path() / "file";
    std::ofstream(file) << "no directory";
    CHECK_THAT(cluster_error(file / "below"),
               Catch::Contains("cannot create") && Catch::Contains("AGENTCRON_STATE_DIR"));
}

TEST_CASE("a missing private cluster is not made by those who only read",
          "[integration][db][cluster]") {
    const auto none = state().parent_path() / "none";
    CHECK_THROWS_WITH(open_database({"", "the private cluster"}, none, false, Progress()),
                      Catch::Contains("agentcron up") && Catch::Contains("--database"));
    CHECK_FALSE(fs::exists(none / "postgres"));
}

} // namespace agentcron::db
