#include "db/listener.hpp"

#include "support/catch.hpp"
#include "support/test_cluster.hpp"

namespace agentcron::db {

using support::TestDatabase;

namespace {

struct Heard {
    explicit Heard(const TestDatabase& database)
        : listener(loop, database.conninfo(), {"agentcron", "agentcron_output"},
                   [this](const std::string& channel, const std::string& payload) {
                       hints.push_back(channel + ":" + payload);
                   }) {}
    void until(std::size_t count) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (hints.size() < count) {
            if (std::chrono::steady_clock::now() >= limit) FAIL("heard only " << hints.size());
            loop.restart();
            loop.run_for(std::chrono::milliseconds(5));
        }
    }
    std::vector<std::string> hints;
    boost::asio::io_context loop;
    Listener listener;
};

} // namespace

TEST_CASE("a listener says when it listens, and then what it hears", "[integration][db]") {
    TestDatabase database;
    Heard heard(database);
    heard.until(1);
    CHECK(heard.hints.back() == ":reconnected");
    database.execute("select agentcron.wake('ready')");
    heard.until(2);
    CHECK(heard.hints.back() == "agentcron:ready");
    database.execute("select pg_notify('agentcron_output', '7')");
    heard.until(3);
    CHECK(heard.hints.back() == "agentcron_output:7");
}

TEST_CASE("a listener whose session was ended comes back, says so and hears again",
          "[integration][db]") {
    TestDatabase database;
    Heard heard(database);
    heard.until(1);
    database.cut_off();
    database.let_in();
    heard.until(2);
    CHECK(heard.hints.back() == ":reconnected");
    database.execute("select agentcron.wake('schedules')");
    heard.until(3);
    CHECK(heard.hints.back() == "agentcron:schedules");
}

TEST_CASE("the SQL functions and the tables' triggers give their hints", "[integration][db]") {
    TestDatabase database;
    Heard heard(database);
    heard.until(1);
    database.execute("insert into agentcron.agents (name, driver) values ('a', 'command')");
    heard.until(2);
    CHECK(heard.hints.back() == "agentcron:schedules");
    database.execute(
        "insert into agentcron.schedules (name, agent, cron) values ('s', 'a', '@daily')");
    heard.until(3);
    CHECK(heard.hints.back() == "agentcron:schedules");
    database.execute("select agentcron.enqueue('a')");
    heard.until(4);
    CHECK(heard.hints.back() == "agentcron:ready");
    // The scheduler's own write of a cursor wakes nobody.
    database.execute("update agentcron.schedules set next_fire_at = now()");
    database.execute("select agentcron.pause('s')");
    heard.until(5);
    CHECK(heard.hints.size() == 5);
    CHECK(heard.hints.back() == "agentcron:schedules");
}

} // namespace agentcron::db
