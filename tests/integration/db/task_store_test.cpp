// The store's promise that nothing takes effect twice: after a lost connection every job may have
// been committed unnoticed, and is sent again.
#include "db/pg_task_store.hpp"

#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

namespace agentcron::db {

using Rows = std::vector<std::vector<std::string>>;
using support::TestDatabase;
using task::Lease;
using task::Write;

namespace {

const std::string worker_id = "00000000-0000-4000-8000-000000000001";

using Texts = std::vector<std::string>;

class StoreRun {
public:
    StoreRun()
        : store(
              loop, database.conninfo(),
              {.id = worker_id, .host = "h", .boot_id = "b", .pid = 1, .version = "v", .slots = 9},
              base::Seconds(60), nullptr) {
        spdlog::set_level(spdlog::level::off);
        database.execute("insert into agentcron.agents (name, driver) values ('a', 'command')");
    }

    // Waits for the callback and gives its argument.
    template <class T>
    T wait(const std::function<void(std::function<void(T)>)>& call) {
        std::optional<T> got;
        call([&](T value) { got = std::move(value); });
        until([&] { return got.has_value(); });
        return std::move(*got);
    }
    void wait_done(const std::function<void(std::function<void()>)>& call) {
        bool done = false;
        call([&] { done = true; });
        until([&] { return done; });
    }
    void until(const std::function<bool()>& holds) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!holds()) {
            if (std::chrono::steady_clock::now() >= limit) FAIL("no call back\n" + sessions());
            loop.restart();
            loop.run_for(std::chrono::milliseconds(2));
        }
    }

    // What each session of the database does, for the report of a failure.
    std::string sessions() {
        return database.value(
            "select string_agg(concat_ws(' ', pid, state, wait_event_type, wait_event, "
            "now() - state_change, left(query, 200)), E'\n') from pg_stat_activity "
            "where datname = current_database()");
    }

    std::vector<task::Claimed> claim(int count = 16) {
        return wait<task::ClaimReply>([&](auto then) { store.claim(count, true, {}, then); }).tasks;
    }
    Lease claim_one(const std::string& options = "{}") {
        database.execute(fmt::format("select agentcron.enqueue('a', options => '{}')", options));
        const auto claimed = claim();
        REQUIRE(claimed.size() == 1);
        return claimed[0].lease;
    }
    Write finish(const Lease& lease, const std::string& outcome,
                 std::optional<base::Millis> retry_after = std::nullopt) {
        task::Finish finish;
        finish.outcome = outcome;
        finish.status = retry_after ? "queued" : outcome;
        finish.reason = outcome == "failed" ? "exit_code" : "";
        finish.usage = R"({"cost_usd":1.5})";
        finish.retry_after = retry_after;
        return wait<Write>([&](auto then) { store.finish(lease, finish, then); });
    }
    Write ask(const Lease& lease, const std::string& id = "q") {
        task::AskedQuestion question{.native_id = id,
                                     .kind = "ask",
                                     .headline = "Well?",
                                     .body = "",
                                     .options = "[]",
                                     .default_option = std::nullopt,
                                     .items = "[]",
                                     .schema = "",
                                     .request = "",
                                     .session_id = std::nullopt};
        return wait<Write>([&](auto then) { store.ask(lease, question, then); });
    }
    task::Parked park(const Lease& lease) {
        return wait<task::Parked>([&](auto then) { store.park(lease, {}, then); });
    }
    task::Renewal renew(const std::vector<Lease>& leases) {
        return wait<std::optional<task::Renewal>>([&](auto then) { store.renew(leases, then); })
            .value();
    }
    void give_back(const Lease& lease) {
        wait_done([&](auto then) { store.give_back(lease, "test", {}, then); });
    }
    void write_output(const Lease& lease, std::uint64_t first = 0) {
        task::OutputBatch batch{lease, {}, first + 2};
        for (const auto seq : {first, first + 1})
            batch.rows.push_back({seq, base::Instant(), "out", "text", "x"});
        wait_done([&](auto then) { store.write_output(batch, then); });
    }
    std::string state() {
        return database.value("select status || '/' || reason || '/' || attempt from "
                              "agentcron.tasks order by id limit 1");
    }

    TestDatabase database;
    boost::asio::io_context loop;
    PgTaskStore store;
};

Lease stale(Lease lease) {
    lease.token = "00000000-0000-4000-8000-00000000dead";
    return lease;
}

} // namespace

TEST_CASE("an end that is sent twice is stored once", "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    CHECK(run.finish(lease, "succeeded") == Write::done);
    CHECK(run.finish(lease, "succeeded") == Write::done);
    CHECK(run.finish(lease, "failed") == Write::lease_lost);
    CHECK(run.state() == "succeeded//1");
    CHECK(run.database.value("select cost_usd from agentcron.tasks") == "1.500000");
}

TEST_CASE("a failure that is sent twice makes one next attempt", "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    CHECK(run.finish(lease, "failed", base::Seconds(3600)) == Write::done);
    CHECK(run.finish(lease, "failed", base::Seconds(3600)) == Write::done);
    CHECK(run.state() == "queued/retry/1");
    CHECK(run.database.value("select count(*) from agentcron.held") == "1");
}

TEST_CASE("with a token that is not good nothing can be written", "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    const auto lost = stale(lease);
    CHECK(run.finish(lost, "succeeded") == Write::lease_lost);
    CHECK(run.ask(lost) == Write::lease_lost);
    CHECK(run.park(lost) == task::Parked::lease_lost);
    run.give_back(lost);
    run.write_output(lost);
    CHECK(run.state() == "running//1");
    CHECK(run.database.value("select count(*) from agentcron.output") == "0");
    CHECK(run.database.value("select count(*) from agentcron.questions") == "0");
    const auto renewal = run.renew({lease, lost});
    CHECK(renewal.lost == Texts{lost.token});
    CHECK(renewal.renewed == Texts{lease.token});
}

TEST_CASE("a renewal says from when on it is worth its time, and who else is there",
          "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    const auto before = base::BootClock::now();
    const auto alone = run.renew({lease});
    CHECK(alone.term.sent >= before);
    CHECK(alone.term.sent <= base::BootClock::now());
    CHECK(alone.term.ttl == base::Seconds(60));
    CHECK_FALSE(alone.term.has_rivals);
    run.database.execute("insert into agentcron.workers (id, host, boot_id, pid, version, slots) "
                         "values (gen_random_uuid(), 'h', 'b', 2, 'v', 9)");
    CHECK(run.renew({lease}).term.has_rivals);
    SECTION("one that has stopped is nobody's rival") {
        run.database.execute("update agentcron.workers set stopped_at = now()");
    }
    SECTION("one that is long gone neither") {
        run.database.execute("update agentcron.workers set heartbeat_at = now() - interval '1 h'");
    }
    SECTION("one that is proven dead neither") {
        const auto id = run.database.value("select id from agentcron.workers");
        run.wait_done([&](auto then) { run.store.end_leases_of({.ids = {id}}, then); });
    }
    CHECK_FALSE(run.renew({lease}).term.has_rivals);
}

TEST_CASE("what is taken over in the same commit as a claim is not given back by that",
          "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    PgTaskStore next(run.loop, run.database.conninfo(),
                     {.id = "00000000-0000-4000-8000-000000000002",
                      .host = "h",
                      .boot_id = "b",
                      .pid = 2,
                      .version = "v",
                      .slots = 9},
                     base::Seconds(60), nullptr);
    // Both wait for its first connection, and then share a commit.
    std::optional<task::Adoption> adoption;
    std::optional<task::ClaimReply> claimed;
    next.adopt({lease}, [&](task::Adoption reply) { adoption = std::move(reply); });
    next.claim(1, true, {}, [&](task::ClaimReply reply) { claimed = std::move(reply); });
    run.until([&] { return adoption && claimed; });
    CHECK(adoption->attempts.at(0).is_ours);
    CHECK(claimed->tasks.empty());
    CHECK(run.database.value("select worker_id from agentcron.leases where token = '" +
                             lease.token + "'") == "00000000-0000-4000-8000-000000000002");
}

TEST_CASE("a lease whose row somebody holds is good, but it was not renewed", "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    {
        const TestDatabase::Blocker open(run.database, "select agentcron.cancel(1)");
        const auto renewal = run.renew({lease});
        CHECK(renewal.lost.empty());
        CHECK(renewal.renewed.empty());
    }
    CHECK(run.renew({lease}).renewed == Texts{lease.token});
}

TEST_CASE("output, a question and a park that are sent twice are stored once",
          "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    run.write_output(lease);
    run.write_output(lease);
    CHECK(run.database.value("select count(*) from agentcron.output") == "2");
    CHECK(run.ask(lease) == Write::done);
    CHECK(run.ask(lease) == Write::done);
    CHECK(run.database.value("select count(*) from agentcron.questions") == "1");
    CHECK(run.state() == "waiting_for_input//1");
    CHECK(run.park(lease) == task::Parked::parked);
    CHECK(run.park(lease) == task::Parked::parked);
    CHECK(run.state() == "waiting_for_input//1");
}

TEST_CASE("a task that is given back twice is queued once", "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    run.give_back(lease);
    run.give_back(lease);
    CHECK(run.state() == "queued//0");
    CHECK(run.database.value("select count(*) from agentcron.ready") == "1");
    CHECK(run.claim().size() == 1);
    CHECK(run.state() == "running//1");
}

TEST_CASE("a claim whose acknowledgement was lost is given back with the next connection",
          "[integration][db]") {
    StoreRun run;
    const auto known = run.claim_one();
    // As such a claim leaves it: leased to this worker, which never heard of it.
    run.database.execute(
        "select agentcron.enqueue('a');"
        "delete from agentcron.ready;"
        "update agentcron.tasks set status = 'running', run_no = 1, attempt = 1, started_at = "
        "now() where status = 'queued';"
        "insert into agentcron.leases select id, 1, gen_random_uuid(), '" +
        worker_id +
        "', null, 'a', now() + interval '1 minute', false from agentcron.tasks t where not exists "
        "(select from agentcron.leases l where l.task_id = t.id);"
        "insert into agentcron.attempts (task_id, run_no, attempt, token, worker_id) select "
        "task_id, run_no, 1, token, worker_id from agentcron.leases l where not exists (select "
        "from agentcron.attempts a where a.task_id = l.task_id)");
    CHECK(run.claim().empty());
    run.database.cut_off();
    run.database.let_in();
    const auto again = run.claim();
    REQUIRE(again.size() == 1);
    CHECK(again[0].lease.task_id != known.task_id);
    CHECK(again[0].attempt == 1);
    CHECK(run.database.rows("select task_id, run_no, outcome from agentcron.attempts order by "
                            "task_id, run_no") ==
          Rows{{"1", "1", ""}, {"2", "1", "returned"}, {"2", "2", ""}});
}

TEST_CASE("output that a crash of the server took back is written again before the end",
          "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    run.write_output(lease);
    // What a crash does to commits that did not wait for the disk: they are gone, and every session
    // with them.
    run.database.execute("delete from agentcron.output; "
                         "update agentcron.attempts set spool_offset = 0");
    run.database.cut_off();
    run.database.let_in();
    SECTION("when the attempt ends") {
        CHECK(run.finish(lease, "succeeded") == Write::done);
    }
    SECTION("when it is given back") {
        run.give_back(lease);
    }
    SECTION("when it is parked") {
        CHECK(run.ask(lease) == Write::done);
        CHECK(run.park(lease) == task::Parked::parked);
    }
    SECTION("with its next output") {
        run.write_output(lease, 2);
        CHECK(run.database.value("select string_agg(seq::text, ' ' order by seq) from "
                                 "agentcron.output") == "0 1 2 3");
    }
    CHECK(run.database.value("select count(*) >= 2 from agentcron.output") == "t");
    CHECK(run.database.value("select spool_offset >= 2 from agentcron.attempts") == "t");
}

TEST_CASE("what an agent wrote does not change an attempt that ends at that moment",
          "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    TestDatabase::Blocker end(run.database,
                              "update agentcron.attempts set outcome = 'lost', finished_at = "
                              "clock_timestamp(); delete from agentcron.leases");
    bool stored = false;
    run.store.write_output({lease, {}, 7}, [&] { stored = true; });
    run.until([&] {
        return run.database.value("select count(*) from pg_stat_activity where wait_event_type = "
                                  "'Lock' and datname = current_database()") == "1";
    });
    end.commit();
    run.until([&] { return stored; });
    CHECK(run.database.value("select spool_offset from agentcron.attempts") == "0");
}

TEST_CASE("only what is not on disk is kept for a crash of the server", "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    for (std::uint64_t i = 0; i < 2 * OutputWriter::unflushed_batches_max; ++i)
        run.write_output(lease, 2 * i);
    run.database.execute("delete from agentcron.output");
    run.database.cut_off();
    run.database.let_in();
    CHECK(run.finish(lease, "succeeded") == Write::done);
    const auto kept = std::stoul(run.database.value("select count(*) / 2 from agentcron.output"));
    CHECK(kept > 0);
    CHECK(kept <= OutputWriter::unflushed_batches_max);
}

TEST_CASE("answers and messages are each told once, whatever their number", "[integration][db]") {
    StoreRun run;
    const auto lease = run.claim_one();
    run.ask(lease, "a");
    run.ask(lease, "b");
    run.database.execute(
        "select agentcron.answer(1, 'first'); select agentcron.answer(1, 'second');"
        "select agentcron.send_message(1, 'm'), agentcron.send_message(1, 'n'), "
        "agentcron.send_message(1, 'o'); select agentcron.cancel(1)");
    const auto signals =
        run.wait<std::vector<task::Signal>>([&](auto then) { run.store.signals(then); });
    REQUIRE(signals.size() == 1);
    CHECK(signals[0].cancel);
    CHECK(signals[0].lease.token == lease.token);
    REQUIRE(signals[0].answers.size() == 2);
    CHECK(signals[0].answers[0].native_id + signals[0].answers[0].text == "afirst");
    CHECK(signals[0].answers[1].native_id + signals[0].answers[1].text == "bsecond");
    REQUIRE(signals[0].messages.size() == 3);
    CHECK(signals[0].messages[0].body + signals[0].messages[1].body + signals[0].messages[2].body ==
          "mno");
}

} // namespace agentcron::db
