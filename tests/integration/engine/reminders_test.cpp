// Reminders of a question that a real agent asked, told by several schedulers.
#include "integration/engine/due_times.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;

namespace {

const char* asker = R"(read task
case "$task" in *'"resume"'*) echo '{"type":"result","result":"resumed"}'; exit;; esac
echo '{"type":"question","id":"q","text":"Which branch?"}'
read -r line; echo '{"type":"result","result":"done"}')";

// Parked or held, with an hour gone since the question.
std::int64_t ask_an_hour_ago(EngineRun& run, int hold) {
    run.agent("asker", "jsonl", asker);
    run.start_scheduler();
    run.start_scheduler();
    run.start_worker();
    run.due_schedule("nightly", "asker", "hold, notify",
                     fmt::format(R"('{} s', '{{"on":["failed"],"command":["true"],)"
                                 R"("reminders":[3600],"escalate":{{"after":3600,)"
                                 R"("command":["true"]}}}}')",
                                 hold));
    run.until_value("select count(*) from agentcron.inbox", "1");
    if (hold == 0) run.until_value("select count(*) from agentcron.leases", "0");
    run.database.execute("update agentcron.questions set asked_at = asked_at - interval '1 hour'; "
                         "update agentcron.alarms set at = at - interval '1 hour'");
    run.wake("schedules");
    return std::stoll(run.database.value("select task_id from agentcron.inbox"));
}

} // namespace

TEST_CASE("several schedulers tell each reminder once, and the answer ends them",
          "[integration][engine][reminders]") {
    EngineRun run;
    const auto task = ask_an_hour_ago(run, GENERATE(3600, 0));
    run.until_value("select string_agg(event, ' ' order by event) from agentcron.outbox",
                    "escalated reminder");
    run.until_value("select count(*) from agentcron.alarms where kind = 'remind'", "0");
    REQUIRE(run.answer(task, "main").empty());
    run.until_status(task, "succeeded");
    run.wake("schedules");
    run.until_value("select count(*) from agentcron.alarms", "0");
    CHECK(run.database.value("select count(*) from agentcron.outbox") == "2");
}
