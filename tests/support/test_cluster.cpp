#include "support/test_cluster.hpp"

#include "db/connection.hpp"
#include "db/migrate.hpp"
#include "db/private_cluster.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::support {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view directory_prefix = "agentcron-tests-";
constexpr const char* template_name = "agentcron_template";

// A test binary that was killed could not stop its server: the next one does, by the pid in the
// directory's name.
void remove_leftovers() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/tmp", ignored)) {
        const std::string name = entry.path().filename();
        if (!name.starts_with(directory_prefix)) continue;
        pid_t owner = 0;
        std::from_chars(name.data() + directory_prefix.size(), name.data() + name.size(), owner);
        if (owner <= 0 || ::kill(owner, 0) == 0 || errno != ESRCH) continue;
        try {
            if (db::PrivateCluster::exists(entry.path()))
                const db::PrivateCluster joined(entry.path(), [](const std::string&) {});
            fs::remove_all(entry.path(), ignored);
        } catch (const std::exception&) {
            // Another user's, or broken: it harms nobody.
        }
    }
}

fs::path make_directory() {
    remove_leftovers();
    auto directory = fs::path("/tmp") / fmt::format("{}{}", directory_prefix, ::getpid());
    fs::remove_all(directory);
    fs::create_directory(directory);
    fs::permissions(directory, fs::perms(0755)); // as root the server is another user
    return directory;
}

class TestCluster {
public:
    TestCluster()
        : directory_(make_directory())
        , cluster_(std::make_unique<db::PrivateCluster>(directory_, [](const std::string&) {}))
        , maintenance_(cluster_->conninfo()) {
        // Nothing here outlives the run, so nothing has to reach the disk.
        run("alter system set fsync = off");
        run("alter system set full_page_writes = off");
        run("select pg_reload_conf()");
        run(fmt::format("create database {}", template_name));
        db::Connection connection(conninfo_of(template_name));
        db::migrate(connection, {});
    }
    ~TestCluster() {
        cluster_.reset();
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
    }
    TestCluster(const TestCluster&) = delete;
    TestCluster& operator=(const TestCluster&) = delete;

    std::string conninfo_of(std::string_view database) const {
        return db::complete_conninfo(fmt::format("{} dbname={}", cluster_->conninfo(), database));
    }
    void run(const std::string& sql) {
        pqxx::nontransaction tx(maintenance_.raw());
        tx.exec(sql);
    }
    std::string create(TestDatabase::Schema schema) {
        const bool empty = schema == TestDatabase::Schema::none;
        auto name = fmt::format("test_{}", ++made_);
        run(fmt::format("create database {} template {}", name,
                        empty ? "template0" : template_name));
        return name;
    }

private:
    fs::path directory_;
    std::unique_ptr<db::PrivateCluster> cluster_;
    db::Connection maintenance_;
    int made_ = 0;
};

TestCluster& cluster() {
    static TestCluster the_one;
    return the_one;
}

} // namespace

class TestDatabase::Session {
public:
    explicit Session(const std::string& conninfo)
        : connection_(conninfo)
        , hints_(connection_.raw(), "agentcron")
        , output_hints_(connection_.raw(), "agentcron_output") {}

    pqxx::result run(const std::string& sql) {
        return db::in_transaction(connection_, [&](pqxx::work& tx) { return tx.exec(sql); });
    }
    void wait_for_hint(base::Millis at_most) {
        pollfd fd{connection_.raw().sock(), POLLIN, 0};
        if (::poll(&fd, 1, static_cast<int>(at_most.count())) > 0) connection_.raw().get_notifs();
    }

private:
    struct Ignored : pqxx::notification_receiver {
        using pqxx::notification_receiver::notification_receiver;
        void operator()(const std::string&, int) override {}
    };
    db::Connection connection_;
    Ignored hints_;
    Ignored output_hints_;
};

TestDatabase::TestDatabase(Schema schema)
    : name_(cluster().create(schema)), conninfo_(cluster().conninfo_of(name_)) {
    session_ = std::make_unique<Session>(conninfo_);
}

TestDatabase::~TestDatabase() {
    session_.reset();
    try {
        cluster().run(fmt::format("drop database {} with (force)", name_));
    } catch (const std::exception& error) {
        fmt::print(stderr, "{} was not dropped: {}\n", name_, error.what());
    }
}

void TestDatabase::execute(const std::string& sql) {
    session_->run(sql);
}

std::vector<std::vector<std::string>> TestDatabase::rows(const std::string& sql) {
    std::vector<std::vector<std::string>> all;
    for (const auto& row : session_->run(sql)) {
        auto& fields = all.emplace_back();
        for (const auto& field : row) fields.push_back(db::text_of(field));
    }
    return all;
}

std::string TestDatabase::value(const std::string& sql) {
    const auto result = session_->run(sql);
    return result.empty() || result.columns() == 0 ? "" : db::text_of(result[0][0]);
}

std::string TestDatabase::bytes(const std::string& sql) {
    std::string all;
    for (const auto& row : session_->run(sql)) all += pqxx::binarystring(row[0]).str();
    return all;
}

std::string TestDatabase::refusal(const std::string& sql) {
    try {
        session_->run(sql);
        return "";
    } catch (const pqxx::sql_error& error) {
        return error.sqlstate() + " " + error.what();
    }
}

struct TestDatabase::Blocker::Open {
    explicit Open(const std::string& conninfo) : connection(conninfo), tx(connection.raw()) {}
    db::Connection connection;
    pqxx::work tx;
};

TestDatabase::Blocker::Blocker(const TestDatabase& database, const std::string& sql)
    : open_(std::make_unique<Open>(database.conninfo())) {
    open_->tx.exec(sql);
}

TestDatabase::Blocker::~Blocker() = default;

void TestDatabase::Blocker::commit() {
    open_->tx.commit();
    open_.reset();
}

void TestDatabase::Blocker::release() {
    open_.reset();
}

std::string TestDatabase::wait_for_value(const std::string& sql, const std::string& expected,
                                         base::Millis within) {
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (true) {
        auto now = value(sql);
        if (now == expected || std::chrono::steady_clock::now() >= deadline) return now;
        session_->wait_for_hint(base::Millis(50));
    }
}

void TestDatabase::cut_off() {
    session_.reset();
    cluster().run(fmt::format("alter database {} allow_connections false", name_));
    cluster().run(fmt::format("select pg_terminate_backend(pid) from pg_stat_activity "
                              "where datname = '{}'",
                              name_));
}

void TestDatabase::let_in() {
    cluster().run(fmt::format("alter database {} allow_connections true", name_));
    session_ = std::make_unique<Session>(conninfo_);
}

} // namespace agentcron::support
