// Chains: schedules whose tasks are steps.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

// SQL of a step whose prompt is a script; `more` are further members.
std::string step(const std::string& name, const std::string& script,
                 const std::string& more = "{}") {
    return fmt::format("jsonb_build_object('name', '{}', 'prompt', $p${}$p$) || '{}'", name, script,
                       more);
}

std::string gate_step(const std::string& name, const std::string& more = "{}") {
    return step(name, "", more) + R"( || '{"agent":"gate"}')";
}

std::string result(const std::string& json) {
    return "echo '{\"type\":\"result\",\"result\":" + json + "}' >&3; ";
}

// A schedule "s" with these steps.
void add_chain(EngineRun& run, const std::vector<std::string>& steps,
               const std::string& columns = "", const std::string& values = "") {
    run.agent("sh", "command", "eval \"$(cat)\"");
    add_gate(run, "gate");
    add_schedule(run, "s", "sh", "steps" + (columns.empty() ? "" : ", " + columns),
                 fmt::format("jsonb_build_array({}){}", fmt::join(steps, ", "),
                             values.empty() ? "" : ", " + values));
}

std::int64_t step_of(EngineRun& run, std::int64_t chain, int no) {
    run.until_value(
        fmt::format("select count(*) > 0 from agentcron.tasks where chain_id = {}", chain), "t");
    return std::stoll(run.database.value(fmt::format(
        "select id from agentcron.tasks where chain_id = {} and step_no = {}", chain, no)));
}

std::string fates_of_steps(EngineRun& run, std::int64_t chain) {
    return run.database.value(
        fmt::format("select string_agg(step || ':' || status || '/' || reason, ' ' order by "
                    "step_no) from agentcron.tasks where chain_id = {}",
                    chain));
}

} // namespace

TEST_CASE("steps run in order, each with the results of those before it; the chain sums up",
          "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker();
    const std::string usage = "echo '{\"type\":\"usage\",\"cost_usd\":0.25,\"input_tokens\":10,"
                              "\"output_tokens\":4}' >&3; ";
    add_chain(run, {step("parse", usage + result(R"({"pages":3})") + "echo parse >> order"),
                    step("extract", usage + result("\"text\"") +
                                        "echo '{{results.parse.pages}} pages' > prompt; "
                                        "echo extract >> order"),
                    step("store", result("7") + "printf %s \"$AGENTCRON_RESULTS\" > results; "
                                                "echo store >> order")});
    const auto chain = fire(run, "s");
    run.until_status(chain, "succeeded");
    CHECK(run.file("order") == "parse\nextract\nstore\n");
    CHECK(run.file("prompt") == "3 pages\n");
    CHECK(run.file("results") == R"({"parse": {"pages": 3}, "extract": "text"})");
    CHECK(run.task(chain,
                   "result::text || ' ' || trim_scale(cost_usd) || ' ' || input_tokens || ' ' || "
                   "output_tokens || ' ' || attempt") == "7 0.5 20 8 1");
    CHECK(run.database.value("select count(*) from agentcron.tasks where trigger = 'step'") == "3");
    CHECK(run.database.value("select count(*) from agentcron.task_history where schedule = 's'") ==
          "1");
}

TEST_CASE("a step has its own agent, parameters and retries", "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    run.agent("upper", "command", "tr a-z A-Z > upper");
    add_chain(run,
              {step("a", "word {{params.who}}", R"({"agent":"upper","params":{"who":"you"}})"),
               step("b", "echo $AGENTCRON_ATTEMPT >> tries; [ $AGENTCRON_ATTEMPT = 3 ]",
                    R"({"retry":{"attempts":3,"backoff":0}})")},
              "params", R"('{"who":"me"}')");
    const auto chain = fire(run, "s");
    run.until_status(chain, "succeeded");
    CHECK(run.file("upper") == "WORD YOU");
    CHECK(run.file("tries") == "1\n2\n3\n");
}

TEST_CASE("a failed step fails the chain with its reason, and the rest is cancelled",
          "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    const auto [script, more, reason] = GENERATE(table<std::string, std::string, std::string>(
        {{"exit 3", "{}", "exit_code"}, {"sleep 1000", R"({"timeout":1})", "timeout"}}));
    add_chain(run, {step("a", "true"), step("b", script, more), step("c", "echo > ran"),
                    step("d", "echo > ran")});
    const auto chain = fire(run, "s");
    run.until_status(chain, "failed");
    CHECK(run.task(chain, "reason") == reason);
    CHECK(run.task(chain, "message").starts_with("step \"b\": "));
    CHECK(
        fates_of_steps(run, chain) ==
        fmt::format("a:succeeded/ b:failed/{} c:cancelled/upstream d:cancelled/upstream", reason));
    CHECK(run.file("ran") == "");
    CHECK(run.database.value("select count(*) from agentcron.chains") == "0");
}

TEST_CASE("after a crash the chain goes on at its step, and no finished step runs again",
          "[integration][engine]") {
    EngineRun run;
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    const auto doomed = run.start_worker();
    add_chain(run, {step("a", "echo a >> ran"), gate_step("b", R"({"retry":{"attempts":2}})"),
                    step("c", "echo c >> ran")});
    const auto chain = fire(run, "s");
    const auto b = step_of(run, chain, 2);
    until_journal(run, fmt::format("+{} ", b));
    lose_worker(run, doomed);
    let_all_go(run);
    run.start_worker();
    run.until_status(chain, "succeeded");
    CHECK(run.file("ran") == "a\nc\n");
    CHECK(journal(run) == fmt::format("+{0} +{0} -{0} ", b));
    CHECK(run.task(b, "attempt") == "2");
}

TEST_CASE("a chain that is cancelled ends with its step", "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    const bool runs = GENERATE(true, false); // or waits for a slot of its agent
    add_chain(run, {step("a", "true"), gate_step("b"), step("c", "echo > ran")});
    if (!runs) {
        run.database.execute("update agentcron.agents set max_concurrent = 1 where name = 'gate'");
        run.until_status(run.enqueue("gate"), "running");
    }
    const auto chain = fire(run, "s");
    const auto b = step_of(run, chain, 2);
    if (runs)
        run.until_status(b, "running");
    else
        until_held(run, b);
    run.database.execute(fmt::format("select agentcron.cancel({}, 'not today')", chain));
    run.until_status(chain, "cancelled");
    CHECK(run.task(chain, "reason || ': ' || message") == "user: not today");
    CHECK(fates_of_steps(run, chain) == "a:succeeded/ b:cancelled/user c:cancelled/upstream");
    CHECK(run.file("ran") == "");
    CHECK(run.database.value("select count(*) from agentcron.chains") == "0");
}

TEST_CASE("a chain that is retried goes on at the step that failed", "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    add_chain(run, {step("a", "echo a >> ran; " + result("1")),
                    step("b", "echo b >> ran; [ -e mended ]"),
                    step("c", "echo 'c {{results.a}}' >> ran")});
    const auto chain = fire(run, "s");
    run.until_status(chain, "failed");
    CHECK(run.database.refusal(fmt::format("select agentcron.retry({})", step_of(run, chain, 2)))
              .starts_with("AC002"));
    run.write("mended", "");
    run.database.execute(fmt::format("select agentcron.retry({})", chain));
    run.until_status(chain, "succeeded");
    CHECK(run.file("ran") == "a\nb\nb\nc 1\n");
    CHECK(fates_of_steps(run, chain) == "a:succeeded/ b:succeeded/ c:succeeded/");
}

TEST_CASE("a chain waits for a person with its step, and goes on with the answer",
          "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    run.agent("asker", "jsonl", R"(read t; case "$t" in *'"resume"'*) ;; *)
echo '{"type":"question","id":"q","text":"Now?"}'; read a
case "$a" in *'"type":"answer"'*) ;; *) exit 1;; esac;; esac
echo '{"type":"result","result":"answered"}')");
    const auto hold = GENERATE(3600, 0);
    add_chain(run, {step("ask", "", fmt::format(R"({{"agent":"asker","hold":{}}})", hold)),
                    step("b", "echo '{{results.ask}}' > heard")});
    const auto chain = fire(run, "s");
    run.until_status(chain, "waiting_for_input");
    if (hold == 0) run.until_value("select count(*) from agentcron.leases", "0");
    const auto next = fire(run, "s");
    CHECK(fate(run, next) == fmt::format("skipped/open_question {}", chain));
    CHECK(run.answer(step_of(run, chain, 1), "yes") == "");
    run.until_status(chain, "succeeded");
    CHECK(run.file("heard") == "answered\n");
}

TEST_CASE("the total_timeout of a chain ends its step and the chain with it",
          "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    add_chain(run, {step("a", "true"), gate_step("b"), step("c", "true")}, "total_timeout",
              "'1 hour'");
    const auto chain = fire(run, "s");
    run.until_status(step_of(run, chain, 2), "running");
    run.database.execute("update agentcron.tasks set ends_by = now() where chain_id is null; "
                         "update agentcron.alarms set at = now() where kind = 'total'");
    run.wake("schedules");
    run.until_status(chain, "failed");
    CHECK(run.task(chain, "reason || ': ' || message") ==
          "timeout: stopped at the end of its total_timeout");
    CHECK(fates_of_steps(run, chain) == "a:succeeded/ b:cancelled/user c:cancelled/upstream");
    CHECK(processes_below(run.directory) == 0);
}

TEST_CASE("for its schedule's overlap policy a chain is one task", "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    for (int i = 0; i < 2; ++i) run.start_worker();
    const auto overlap = GENERATE(as<std::string>{}, "skip", "queue_one", "cancel_previous");
    add_chain(run, {step("a", "true"), gate_step("b"), gate_step("c")}, "overlap",
              "'" + overlap + "'");
    const auto first = fire(run, "s");
    run.until_status(step_of(run, first, 2), "running");
    const auto second = fire(run, "s");
    if (overlap == "skip") CHECK(fate(run, second) == fmt::format("skipped/overlap {}", first));
    if (overlap == "queue_one") until_held(run, second);
    if (overlap == "cancel_previous") {
        run.until_status(first, "cancelled");
        CHECK(fates_of_steps(run, first) == "a:succeeded/ b:cancelled/replaced "
                                            "c:cancelled/upstream");
    }
    let_all_go(run);
    if (overlap != "cancel_previous") run.until_status(first, "succeeded");
    if (overlap != "skip") run.until_status(second, "succeeded");
    run.until_status(fire(run, "s"), "succeeded");
}

TEST_CASE("a chain keeps its place in a concurrency group from its first step to its last",
          "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    add_chain(run, {gate_step("a"), gate_step("b")}, "concurrency_group", "'repo'");
    add_schedule(run, "t", "gate", "concurrency_group", "'repo'");
    const auto chain = fire(run, "s");
    run.until_status(step_of(run, chain, 1), "running");
    const auto other = fire(run, "t");
    until_held(run, other);
    let_go(run, step_of(run, chain, 1));
    run.until_status(step_of(run, chain, 2), "running");
    CHECK(run.task(other, "status") == "queued");
    let_all_go(run);
    run.until_status(other, "succeeded");
    CHECK(journal(run) == fmt::format("+{0} -{0} +{1} -{1} +{2} -{2} ", step_of(run, chain, 1),
                                      step_of(run, chain, 2), other));
}

TEST_CASE("who reads a step's row for long holds up no other alarm", "[integration][engine]") {
    EngineRun run;
    run.start_scheduler();
    run.start_worker();
    add_chain(run, {gate_step("a")}, "total_timeout", "'1 hour'");
    const auto chain = fire(run, "s");
    const auto step = step_of(run, chain, 1);
    run.until_status(step, "running");
    agentcron::support::TestDatabase::Blocker reader(
        run.database, fmt::format("select * from agentcron.tasks where id = {} for update", step));
    run.database.execute("update agentcron.tasks set ends_by = now() where chain_id is null; "
                         "update agentcron.alarms set at = now() where kind = 'total'");
    add_schedule(run, "t", "gate");
    run.until_status(fire(run, "t"), "running");
    reader.release();
    run.until_status(chain, "failed");
}
