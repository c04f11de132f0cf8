// Budgets: of a task, of a chain, of a schedule's day.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

std::string usage(const std::string& members) {
    return "echo '{\"type\":\"usage\"," + members + "}'\n";
}

// An agent that tells of its usage and then works on; the protocol's order ends it, and it says so.
void add_worker_on(EngineRun& run, const std::string& members) {
    run.agent("spender", "jsonl",
              "trap '' TERM\nread task\necho '{\"type\":\"session\",\"session_id\":\"s-7\"}'\n" +
                  usage(members) + "echo before\nread order; echo \"$order\" > order");
}

// An agent that costs this and is done. Both in one write, or it could be over its budget before it
// is done.
void add_spender(EngineRun& run, const std::string& members) {
    run.agent("spender", "jsonl",
              "read task\nprintf '%s\\n' '{\"type\":\"usage\"," + members +
                  "}' '{\"type\":\"result\",\"result\":1}'");
}

} // namespace

TEST_CASE("an agent over its task's budget is ended by its protocol, and its work is kept",
          "[integration][engine][limits]") {
    EngineRun run;
    run.start_worker();
    const auto [members, budget, words] = GENERATE(table<std::string, std::string, std::string>(
        {{R"("cost_usd":1.62)", R"("cost_usd":1.5)", "its budget of 1.50 USD is used up (1.62)"},
         {R"("turns":4)", R"("turns":3)", "its budget of 3 turns is used up (4)"},
         {R"("input_tokens":900,"output_tokens":200)", R"("tokens":1000)",
          "its budget of 1000 tokens is used up (1100)"}}));
    add_worker_on(run, members);
    const auto task = run.enqueue(
        "spender", "", fmt::format(R"({{"budget":{{{}}},"retry":{{"attempts":3}}}})", budget));
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || '/' || attempt") == "budget/1");
    CHECK(run.task(task, "message") == "stopped: " + words);
    CHECK(run.task(task, "session_id") == "s-7");
    CHECK(run.output(task).find("before") != std::string::npos);
    CHECK(run.file("order") == "{\"type\":\"cancel\"}\n");
}

TEST_CASE("an agent that ends with its work done is not stopped for what that cost",
          "[integration][engine][limits]") {
    EngineRun run;
    run.start_worker();
    run.agent("spender", "jsonl", R"(read task
printf '%s\n' '{"type":"usage","cost_usd":1.62}' '{"type":"result","result":1}')");
    const auto task = run.enqueue("spender", "", R"({"budget":{"cost_usd":1.5}})");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "cost_usd") == "1.620000");
}

TEST_CASE("attempts and legs of a task share its budget; a retry by hand gives a new one",
          "[integration][engine][limits]") {
    EngineRun run;
    run.start_worker();
    run.agent("spender", "jsonl",
              "read task\necho x >> legs\n" + usage(R"("turns":2,"cost_usd":0.5)") + "exit 1");
    const auto task =
        run.enqueue("spender", "", R"({"budget":{"turns":4},"retry":{"attempts":9,"backoff":0}})");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || '/' || message") ==
          "budget/not started: its budget of 4 turns is used up (4)");
    CHECK(run.file("legs") == "x\nx\n");
    run.database.value(fmt::format("select agentcron.retry({})", task));
    run.until_value(fmt::format("select status || run_no from agentcron.tasks where id = {}", task),
                    "failed6");
    CHECK(run.file("legs") == "x\nx\nx\nx\n");
}

TEST_CASE("a day's budget that is used up lets no further task of the schedule start",
          "[integration][engine][limits]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    add_spender(run, R"("cost_usd":0.6,"input_tokens":10,"turns":1)");
    const std::string budget = R"('{"per_day":{"cost_usd":1}}')";
    add_schedule(run, "s", "spender", "budget, timezone", budget + ", 'Pacific/Kiritimati'");
    add_schedule(run, "other", "spender", "budget", budget);
    for (int i = 0; i < 2; ++i) run.until_status(fire(run, "s"), "succeeded");
    const auto third = fire(run, "s");
    run.until_status(third, "failed");
    CHECK(run.task(third, "reason || '/' || message") ==
          "budget/not started: the day's budget of schedule s of 1.00 USD is used up (1.20)");
    run.until_status(fire(run, "other"), "succeeded");
    // Yesterday's, by the schedule's own clock, does not count.
    run.database.execute(
        "update agentcron.spending set at = date_trunc('day', now() at time zone "
        "'Pacific/Kiritimati') at time zone 'Pacific/Kiritimati' - interval '1 second'");
    run.until_status(fire(run, "s"), "succeeded");
}

TEST_CASE("a zone that PostgreSQL does not know is no reason to claim nothing",
          "[integration][engine][limits]") {
    EngineRun run;
    run.start_worker();
    add_spender(run, R"("cost_usd":0.6)");
    run.database.execute(
        R"(insert into agentcron.schedules (name, agent, cron, timezone, budget) values)"
        R"( ('s', 'spender', '@daily', 'Nowhere/At_all', '{"per_day":{"cost_usd":1}}'))");
    run.until_status(std::stoll(run.database.value("select agentcron.trigger_schedule('s')")),
                     "succeeded");
}

TEST_CASE("the steps of a chain share its budget", "[integration][engine][limits]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    add_spender(run, R"("cost_usd":0.6)");
    add_schedule(run, "s", "spender", "budget, steps",
                 R"('{"cost_usd":1}', '[{"name":"one"},{"name":"two"},{"name":"three"}]')");
    const auto chain = fire(run, "s");
    run.until_status(chain, "failed");
    CHECK(run.task(chain, "reason || '/' || message") ==
          "budget/step \"three\": not started: the budget of its chain of 1.00 USD is used up "
          "(1.20)");
    CHECK(run.task(chain, "cost_usd") == "1.200000");
}
