// The same question of several tasks of one schedule.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

const char* inbox = "select count(*) from agentcron.inbox";

struct Two {
    std::int64_t first;
    std::int64_t second;
};

// Two tasks of one schedule that ask a person; `text` of their question. An agent that is told to
// end because it is parked must not take that for the answer.
Two two_that_ask(EngineRun& run, const std::string& hold, const std::string& text = "Now?") {
    run.agent("asker", "jsonl",
              fmt::format(R"(read t; case "$t" in *'"resume"'*) echo "$t" >> legs;; *)
echo '{{"type":"question","id":"q","text":"'"{}"'"}}'; read a
case "$a" in *'"type":"answer"'*) echo "$a" >> legs;; *) exit 1;; esac;; esac
echo '{{"type":"result","result":1}}')",
                          text));
    run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker();
    add_schedule(run, "s", "asker", "while_waiting, overlap, hold", "'allow', 'skip', " + hold);
    const auto ask = [&] {
        const auto task = fire(run, "s");
        run.until_status(task, "waiting_for_input");
        run.until_value(
            fmt::format("select count(*) from agentcron.questions where task_id = {}", task), "1");
        if (hold == "'0'") run.until_value("select count(*) from agentcron.leases", "0");
        return task;
    };
    const auto first = ask();
    return {first, ask()};
}

} // namespace

TEST_CASE("the same question of one schedule stands in the inbox once, and one answer serves all",
          "[integration][engine]") {
    EngineRun run;
    const auto hold = GENERATE(as<std::string>{}, "'1 hour'", "'0'");
    const bool of_first = GENERATE(true, false);
    const auto two = two_that_ask(run, hold);
    CHECK(run.database.value("select string_agg(task_id::text, ' ') from agentcron.inbox") ==
          std::to_string(two.first));
    CHECK(run.answer(of_first ? two.first : two.second, "yes") == "");
    run.until_status(two.first, "succeeded");
    run.until_status(two.second, "succeeded");
    CHECK(run.database.value("select count(*) from agentcron.questions where answer = 'yes'") ==
          "2");
    CHECK(run.database.value(inbox) == "0");
    CHECK(run.answer(of_first ? two.second : two.first, "no").starts_with("AC003"));
}

TEST_CASE("when the task that asked first is cancelled the other stands in the inbox",
          "[integration][engine]") {
    EngineRun run;
    const auto hold = GENERATE(as<std::string>{}, "'1 hour'", "'0'");
    const auto two = two_that_ask(run, hold);
    run.database.execute(fmt::format("select agentcron.cancel({})", two.first));
    run.until_status(two.first, "cancelled");
    run.until_value("select string_agg(task_id::text, ' ') from agentcron.inbox",
                    std::to_string(two.second));
    // A third one joins the one that stands there now.
    const auto third = fire(run, "s");
    run.until_status(third, "waiting_for_input");
    CHECK(run.database.value(inbox) == "1");
    CHECK(run.answer(two.second, "yes") == "");
    run.until_status(two.second, "succeeded");
    run.until_status(third, "succeeded");
    CHECK(run.database.value("select outcome from agentcron.questions order by id limit 1") ==
          "withdrawn");
}

TEST_CASE("another question of the same schedule stands for itself", "[integration][engine]") {
    EngineRun run;
    const auto two = two_that_ask(run, "'1 hour'", "$AGENTCRON_TASK_ID?");
    CHECK(run.database.value(inbox) == "2");
    CHECK(run.answer(two.second, "yes") == "");
    run.until_status(two.second, "succeeded");
    CHECK(run.task(two.first, "status") == "waiting_for_input");
}

TEST_CASE("the same question of another schedule stands for itself", "[integration][engine]") {
    EngineRun run;
    const auto two = two_that_ask(run, "'1 hour'");
    add_schedule(run, "t", "asker");
    const auto other = fire(run, "t");
    run.until_status(other, "waiting_for_input");
    CHECK(run.database.value(inbox) == "2");
    CHECK(run.answer(two.first, "yes") == "");
    run.until_status(two.second, "succeeded");
    CHECK(run.task(other, "status") == "waiting_for_input");
}
