// How many run at once: concurrency groups, agents' limits, and in which order the others follow.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>
#include <sstream>

using namespace agentcron::engine;

namespace {

const char* running = "select count(*) from agentcron.tasks where status = 'running'";

// By hand; `options` as for enqueue, without braces.
std::int64_t enqueue_in(EngineRun& run, const std::string& group, const std::string& more = "") {
    return run.enqueue("gate", "",
                       fmt::format(R"({{"concurrency":{{"group":"{}"}}{}}})", group, more));
}

// An agent that notes how many of its kind live.
void add_counter(EngineRun& run, const std::string& name) {
    run.agent(name, "command", R"(> "up-$AGENTCRON_TASK_ID"; ls up-* | wc -l >> counts
sleep 0.03; rm "up-$AGENTCRON_TASK_ID")");
}

int most_at_once(EngineRun& run) {
    int most = 0;
    std::istringstream counts(run.file("counts"));
    for (int count = 0; counts >> count;) most = std::max(most, count);
    return most;
}

} // namespace

TEST_CASE("of a concurrency group no more run than its limit, over schedules and workers",
          "[integration][engine]") {
    EngineRun run;
    add_counter(run, "counter");
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker();
    const int limit = GENERATE(1, 2);
    for (const auto* name : {"a", "b", "c"})
        add_schedule(run, name, "counter", "overlap, concurrency_group, concurrency_limit",
                     fmt::format("'allow', 'repo', {}", limit));
    for (int i = 0; i < 6; ++i)
        for (const auto* name : {"a", "b", "c"}) fire(run, name);
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "18");
    CHECK(most_at_once(run) <= limit);
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "18");
}

TEST_CASE("a group with two slots fills both", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker();
    for (const auto* name : {"a", "b", "c"})
        add_schedule(run, name, "gate", "concurrency_group, concurrency_limit", "'repo', 2");
    const auto a = fire(run, "a");
    const auto b = fire(run, "b");
    run.until_status(a, "running");
    run.until_status(b, "running");
    const auto c = fire(run, "c");
    until_held(run, c);
    CHECK(run.task(c, "waited_for") == "a slot of group repo");
    let_go(run, b);
    run.until_status(c, "running");
}

TEST_CASE("an agent's max_concurrent holds over schedules and tasks by hand",
          "[integration][engine]") {
    EngineRun run;
    add_counter(run, "counter");
    run.database.execute("update agentcron.agents set max_concurrent = 1");
    run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker();
    add_schedule(run, "a", "counter", "overlap", "'allow'");
    for (int i = 0; i < 6; ++i) {
        fire(run, "a");
        run.enqueue("counter");
    }
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "12");
    CHECK(most_at_once(run) == 1);
}

TEST_CASE("a limit that is raised lets go what waits under it", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    run.start_worker();
    const bool of_agent = GENERATE(false, true);
    if (of_agent) run.database.execute("update agentcron.agents set max_concurrent = 1");
    add_schedule(run, "s", "gate", "overlap, concurrency_group, concurrency_limit",
                 of_agent ? "'allow', null, 1" : "'allow', 'repo', 1");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    for (int i = 0; i < 2; ++i) until_held(run, fire(run, "s"));
    run.database.execute(of_agent ? "update agentcron.agents set max_concurrent = 3"
                                  : "update agentcron.schedules set concurrency_limit = 3");
    run.until_value(running, "3");
}

TEST_CASE("a limit that is lowered ends nobody and holds for those that wait",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "s", "gate", "overlap, concurrency_group, concurrency_limit",
                 "'allow', 'repo', 2");
    const auto first = fire(run, "s");
    const auto second = fire(run, "s");
    run.until_value(running, "2");
    const auto third = fire(run, "s");
    until_held(run, third);
    run.database.execute("update agentcron.schedules set concurrency_limit = 1");
    // Looked at again, and held under the new limit.
    run.until_value("select slots from agentcron.held", "1");
    let_go(run, first);
    run.until_status(first, "succeeded");
    const auto other = run.enqueue("gate"); // a claim that came after the end, and saw it
    run.until_status(other, "running");
    CHECK(run.task(third, "status") == "queued");
    let_go(run, second);
    run.until_status(third, "running");
}

TEST_CASE("who waits under a key is let go in the order of the turns", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_worker();
    const auto first = enqueue_in(run, "g");
    run.until_status(first, "running");
    const auto normal = enqueue_in(run, "g");
    until_held(run, normal);
    const auto urgent = enqueue_in(run, "g", R"(,"priority":10)");
    until_held(run, urgent);
    // It waits since an hour, so its turn comes before that of all later ones.
    const auto patient = enqueue_in(run, "g", R"(,"priority":150)");
    until_held(run, patient);
    run.database.execute(fmt::format(
        "update agentcron.held set turn_at = turn_at - interval '3 hours' where task_id = {0}; "
        "update agentcron.tasks set run_at = run_at - interval '3 hours' where id = {0}",
        patient));
    let_all_go(run);
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "4");
    CHECK(journal(run) ==
          fmt::format("+{0} -{0} +{1} -{1} +{2} -{2} +{3} -{3} ", first, patient, urgent, normal));
}

TEST_CASE("of those that are ready the better priority goes first, unless another waited longer",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    const auto enqueue = [&](int priority, const std::string& waited) {
        return std::stoll(run.database.value(fmt::format(
            R"(select agentcron.enqueue('gate', run_at => now() - interval '{}',
               options => '{{"priority":{}}}'))",
            waited, priority)));
    };
    const auto low = enqueue(200, "10 minutes");
    const auto high = enqueue(100, "0");
    const auto patient = enqueue(200, "2 hours");
    let_all_go(run);
    run.start_worker({.slots = 1});
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "3");
    CHECK(journal(run) == fmt::format("+{0} -{0} +{1} -{1} +{2} -{2} ", patient, high, low));
}

TEST_CASE("a thousand tasks that wait under one key hold up no other", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.database.execute(
        R"(select agentcron.enqueue('gate', options => '{"concurrency":{"group":"g"}}')
           from generate_series(1, 1001))");
    for (int i = 0; i < 2; ++i) run.start_worker();
    const auto other = run.enqueue("gate");
    run.until_status(other, "running");
    run.until_value("select count(*) from agentcron.held where key = 'group:g'", "1000");
    CHECK(run.database.value(running) == "2");
    // Two workers look at the queue at once, so it need not be the first one of the group.
    const auto lease = "select task_id from agentcron.leases where concurrency_group = 'g'";
    const auto first = run.database.value(lease);
    let_go(run, std::stoll(first));
    run.until_value(fmt::format("select count(*) from ({}) l where task_id <> {}", lease, first),
                    "1");
    run.until_value("select count(*) from agentcron.held where key = 'group:g'", "999");
    CHECK(run.database.value(running) == "2");
    // The end of the case need not run the others.
    run.database.execute("delete from agentcron.held");
}

TEST_CASE("what could not start within its queue_timeout is skipped and says what it waited for",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "s", "gate", "overlap, queue_timeout", "'queue_all', '2 hours'");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    const auto second = fire(run, "s");
    until_held(run, second);
    run.database.execute("update agentcron.alarms set at = now() where kind = 'queue'");
    run.wake("schedules");
    run.until_status(second, "skipped");
    CHECK(run.task(second, "reason || ': ' || message") ==
          fmt::format("expired: could not start within its queue_timeout; it waited for task {}",
                      first));
    CHECK(run.task(first, "status") == "running");
    CHECK(run.database.value("select count(*) from agentcron.held") == "0");
    const auto third = fire(run, "s");
    let_all_go(run);
    run.until_status(third, "succeeded");
}

TEST_CASE("the queue_timeout of a task by hand ends its wait for a worker",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    const auto task = run.enqueue("gate", "", R"({"queue_timeout":1})");
    run.until_status(task, "skipped");
    CHECK(run.task(task, "reason") == "expired");
    run.start_worker();
    run.until_status(run.enqueue("gate"), "running");
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "1");
}

TEST_CASE("who keeps a task's row locked holds up no task of another key",
          "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    const auto which = GENERATE(0, 1);
    run.start_worker();
    if (which == 0) run.start_worker(); // the first one waits for the row of what it ran
    add_schedule(run, "s", "gate", "overlap, concurrency_group", "'queue_all', 'repo'");
    add_schedule(run, "t", "gate", "concurrency_group", "'other'");
    const auto first = fire(run, "s");
    run.until_status(first, "running");
    const auto second = fire(run, "s");
    until_held(run, second);
    agentcron::support::TestDatabase::Blocker reader(
        run.database, fmt::format("select * from agentcron.tasks where id = {} for update",
                                  which == 0 ? first : second));
    let_go(run, first);
    run.until_status(fire(run, "t"), "running");
    run.until_status(run.enqueue("gate"), "running");
    if (which == 1) run.until_status(first, "succeeded");
    reader.release();
    run.until_status(second, "running");
}

TEST_CASE("room that a task cannot take goes to the next one at once", "[integration][engine]") {
    EngineRun run;
    add_gate(run, "gate");
    run.start_scheduler();
    run.start_worker();
    add_schedule(run, "s", "gate", "overlap, concurrency_group, concurrency_limit",
                 "'queue_all', 'repo', 2");
    add_schedule(run, "t", "gate", "concurrency_group, concurrency_limit", "'repo', 2");
    const auto a = enqueue_in(run, "repo", R"(,"priority":0)");
    run.until_status(a, "running");
    const auto b = run.enqueue("gate", "", R"({"concurrency":{"group":"repo","limit":2}})");
    run.until_status(b, "running");
    std::vector<std::int64_t> of_s;
    for (int i = 0; i < 5; ++i) {
        of_s.push_back(fire(run, "s"));
        until_held(run, of_s.back());
    }
    run.database.execute("update agentcron.schedules set priority = 101 where name = 't'");
    const auto other = fire(run, "t");
    until_held(run, other);
    // There is room for two of the group, and only one of s may run: the other is of t.
    let_go(run, a);
    let_go(run, b);
    run.until_status(other, "running");
    run.until_status(of_s.front(), "running");
    let_all_go(run);
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", "8");
    CHECK(run.database.value("select count(*) from agentcron.held") == "0");
}
