#include "db/database_thread.hpp"

#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <csignal>
#include <future>
#include <spdlog/fmt/fmt.h>

namespace agentcron::db {

using support::TestDatabase;

namespace {

// A thread on a database with a table `marks`, and a loop that takes its callbacks.
class ThreadRun {
public:
    explicit ThreadRun(std::size_t batch_max = 256) {
        start({.name = "test", .conninfo = "", .batch_max = batch_max});
    }
    // A conninfo of "" is the database's own.
    explicit ThreadRun(DatabaseThread::Options options) { start(std::move(options)); }

    void start(DatabaseThread::Options options) {
        if (options.conninfo.empty()) options.conninfo = database.conninfo();
        database.execute("create table marks (mark text)");
        thread.emplace(loop, std::move(options),
                       [this](bool connected, const std::string& message) {
                           states += connected ? "+" : "-";
                           last_message = message;
                       });
    }

    void post(const std::string& sql, std::function<void()> first_run = nullptr) {
        ++posted;
        thread->post({.run =
                          [sql, first_run = std::move(first_run)](Session& session) mutable {
                              session.tx.exec(sql);
                              if (first_run) std::exchange(first_run, nullptr)();
                          },
                      .committed = [this] { ++committed; },
                      .done = [this] { ++done; },
                      .refused =
                          [this](const std::string& error) {
                              ++refused;
                              last_message = error;
                          }});
    }
    void mark(const std::string& text, std::function<void()> first_run = nullptr) {
        post("insert into marks values ('" + text + "')", std::move(first_run));
    }
    template <class Condition>
    void until(Condition holds) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!holds()) {
            if (std::chrono::steady_clock::now() >= limit)
                FAIL("did not come; done: " << done << ", refused: " << refused << ", "
                                            << last_message);
            loop.restart();
            loop.run_for(std::chrono::milliseconds(5));
        }
    }
    void finish() {
        until([this] { return done + refused == posted; });
    }
    std::string marks() {
        return database.value("select string_agg(mark, ' ' order by mark) from marks");
    }
    void end_session() {
        database.execute("select pg_terminate_backend(pid) from pg_stat_activity where pid <> "
                         "pg_backend_pid() and datname = current_database()");
    }

    TestDatabase database;
    boost::asio::io_context loop;
    std::optional<DatabaseThread> thread;
    int posted = 0, done = 0, refused = 0;
    std::atomic<int> committed{0};
    std::string states;
    std::string last_message;
};

} // namespace

TEST_CASE("jobs run in order and each calls back once", "[integration][db]") {
    ThreadRun run;
    for (int i = 0; i < 1000; ++i) run.mark(fmt::format("{:04}", i));
    run.finish();
    CHECK(run.done == 1000);
    CHECK(run.committed == 1000);
    CHECK(run.database.value("select count(*) from (select mark, lag(mark) over (order by ctid) "
                             "as before from marks) m where mark < before") == "0");
}

TEST_CASE("a job that PostgreSQL refuses harms none that waits with it", "[integration][db]") {
    ThreadRun run;
    // The first one holds the thread until the others wait together.
    std::promise<void> all_wait;
    run.mark("0", [&] { all_wait.get_future().wait(); });
    for (int i = 1; i < 10; ++i) {
        if (i % 3 == 0)
            run.post("select 1 / 0");
        else
            run.mark(std::to_string(i));
    }
    all_wait.set_value();
    run.finish();
    CHECK(run.refused == 3);
    CHECK(run.last_message.find("division by zero") != std::string::npos);
    CHECK(run.marks() == "0 1 2 4 5 7 8");
    CHECK(run.states.empty());
}

TEST_CASE("jobs take effect once when their session is ended in the middle", "[integration][db]") {
    ThreadRun run(4);
    for (int i = 0; i < 20; ++i) {
        const bool ends = i % 7 == 3;
        run.mark(fmt::format("{:02}", i),
                 ends ? [&run] { run.end_session(); } : std::function<void()>());
    }
    run.finish();
    CHECK(run.done == 20);
    CHECK(run.database.value("select count(*) || '/' || count(distinct mark) from marks") ==
          "20/20");
    CHECK(run.states == "-+-+-+");
}

TEST_CASE("jobs wait while the database is away and are sent when it is back",
          "[integration][db]") {
    ThreadRun run;
    run.mark("before");
    run.finish();
    run.database.cut_off();
    run.mark("a");
    run.mark("b");
    run.until([&] { return run.states == "-"; });
    CHECK(run.done == 1);
    run.database.let_in();
    run.finish();
    CHECK(run.marks() == "a b before");
    CHECK(run.states == "-+");
}

TEST_CASE("a job that meets a deadlock or a timeout is sent again, not refused",
          "[integration][db]") {
    ThreadRun run;
    const auto code = GENERATE("40P01", "40001", "57014", "53100", "55P03");
    run.database.execute("create sequence tries");
    run.post(fmt::format("do $$ begin if nextval('tries') < 3 then raise exception 'not now' using "
                         "errcode = '{}'; end if; end $$",
                         code));
    run.mark("after");
    run.finish();
    CHECK(run.refused == 0);
    CHECK(run.marks() == "after");
    CHECK(run.database.value("select last_value from tries") == "3");
    CHECK(run.states == "-+");
}

TEST_CASE("of several hosts the one that is there is used, also when it comes back",
          "[integration][db]") {
    TestDatabase database;
    auto hosts = database.conninfo();
    const std::string host = "host='";
    hosts.insert(hosts.find(host) + host.size(), "/nobody/is/here,");
    const DatabaseThread::Options options{.name = "test", .conninfo = complete_conninfo(hosts)};
    REQUIRE(options.conninfo.find("target_session_attrs='read-write'") != std::string::npos);
    boost::asio::io_context loop;
    int done = 0;
    DatabaseThread thread(loop, options, nullptr);
    const auto run = [&] {
        const int before = done;
        thread.post({.run = [](Session& session) { session.tx.exec("select 1"); },
                     .committed = nullptr,
                     .done = [&] { ++done; },
                     .refused = nullptr});
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (done == before) {
            REQUIRE(std::chrono::steady_clock::now() < limit);
            loop.restart();
            loop.run_for(std::chrono::milliseconds(5));
        }
    };
    run();
    database.cut_off();
    database.let_in();
    run();
    CHECK(done == 2);
}

TEST_CASE("a session that was made read-only is given up for one that writes",
          "[integration][db]") {
    ThreadRun run;
    run.mark("a");
    run.finish();
    // As a server that was turned into a standby answers.
    run.post("do $$ begin raise exception 'cannot execute INSERT in a read-only transaction' using "
             "errcode = '25006'; end $$");
    run.until([&] { return run.thread->epoch() > 1; });
    CHECK(run.states.starts_with("-"));
    CHECK(run.refused == 0);
}

TEST_CASE("a job whose session the server ended in the middle of a standstill is sent again",
          "[integration][db]") {
    ThreadRun run;
    // As of a daemon that was stopped between two statements.
    run.post("set local idle_in_transaction_session_timeout = '20ms'", [&run] {
        run.database.wait_for_value("select count(*) from pg_stat_activity where pid <> "
                                    "pg_backend_pid() and datname = current_database()",
                                    "0");
    });
    run.mark("after");
    run.finish();
    CHECK(run.refused == 0);
    CHECK(run.marks() == "after");
    CHECK(run.states == "-+");
}

TEST_CASE("a server that takes a statement and never answers is left after a while",
          "[integration][db]") {
    ThreadRun run(DatabaseThread::Options{
        .name = "test", .conninfo = "", .answer_within = base::Millis(500)});
    run.mark("before");
    run.finish();
    const pid_t backend = std::stoi(run.database.value(
        "select pid from pg_stat_activity where datname = current_database() and pid <> "
        "pg_backend_pid() and application_name = 'agentcron'"));
    REQUIRE(::kill(backend, SIGSTOP) == 0);
    run.mark("after");
    run.finish();
    CHECK(run.marks() == "after before");
    CHECK(run.states == "-+");
    CHECK(::kill(backend, SIGCONT) == 0);
    CHECK(run.database.wait_for_value("select count(*) from pg_stat_activity where pid = " +
                                          std::to_string(backend),
                                      "0") == "0");
    CHECK(run.marks() == "after before");
}

TEST_CASE("a thread whose server never answers can still go away", "[integration][db]") {
    ThreadRun run;
    run.mark("before");
    run.finish();
    const pid_t backend = std::stoi(run.database.value(
        "select pid from pg_stat_activity where datname = current_database() and pid <> "
        "pg_backend_pid() and application_name = 'agentcron'"));
    REQUIRE(::kill(backend, SIGSTOP) == 0);
    run.mark("never");
    run.thread.reset();
    CHECK(::kill(backend, SIGCONT) == 0);
}

TEST_CASE("a thread that goes away calls nobody back", "[integration][db]") {
    ThreadRun run;
    std::promise<void> committed;
    bool done = false;
    run.thread->post({.run = [](Session&) {},
                      .committed = [&] { committed.set_value(); },
                      .done = [&] { done = true; },
                      .refused = nullptr});
    REQUIRE(committed.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
    run.thread.reset();
    run.loop.poll();
    CHECK_FALSE(done);
}

} // namespace agentcron::db
