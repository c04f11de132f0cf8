#include "integration/engine/due_times.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {

void add_schedule(EngineRun& run, const std::string& name, const std::string& agent,
                  const std::string& columns, const std::string& values) {
    run.database.execute(fmt::format(
        "insert into agentcron.schedules (name, agent, cron{}) values ('{}', '{}', '@every 1h'{})",
        columns.empty() ? "" : ", " + columns, name, agent, values.empty() ? "" : ", " + values));
    run.until_planned();
}

void pass(EngineRun& run, const std::string& name) {
    // One fire time an hour: exactly one has come when the clock shows a period after `created_at`.
    run.database.execute(fmt::format(
        "update agentcron.schedules s set created_at = x.at - interval '1 hour', "
        "next_fire_at = x.at from (select coalesce(max(date_trunc('second', t.fire_time)) + "
        "interval '1 second', date_trunc('second', now()) - interval '30 seconds') as at "
        "from agentcron.tasks t where t.schedule = '{0}') x where s.name = '{0}'",
        name));
    run.wake("schedules");
    run.until_value(fmt::format("select coalesce(next_fire_at > now(), true) from "
                                "agentcron.schedules where name = '{}'",
                                name),
                    "t");
}

std::int64_t fire(EngineRun& run, const std::string& name) {
    const auto newest = fmt::format(
        "select coalesce(max(id), 0) from agentcron.tasks where schedule = '{}' and fire_time is "
        "not null and chain_id is null",
        name);
    const auto before = run.database.value(newest);
    pass(run, name);
    const auto task = run.database.value(newest);
    REQUIRE(task != before);
    return std::stoll(task);
}

void add_gate(EngineRun& run, const std::string& name, const std::string& config) {
    run.agent(name, "command", R"(id=$AGENTCRON_TASK_ID; echo "+$id" >> journal
while [ ! -e go ] && [ ! -e "go-$id" ]; do sleep 0.02; done; echo "-$id" >> journal)",
              config);
}

void let_go(EngineRun& run, std::int64_t task) {
    run.write(fmt::format("go-{}", task), "");
}

void let_all_go(EngineRun& run) {
    run.write("go", "");
}

std::string journal(EngineRun& run) {
    auto text = run.file("journal");
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

void until_journal(EngineRun& run, const std::string& expected) {
    run.until([&] { return journal(run) == expected; }, "the journal to say " + expected);
}

std::string fate(EngineRun& run, std::int64_t task) {
    return run.task(task, "concat_ws(' ', status || '/' || reason, because_of)");
}

void until_held(EngineRun& run, std::int64_t task) {
    run.until_value(
        fmt::format("select count(*) from agentcron.held where task_id = {} and key <> 'time'",
                    task),
        "1");
}

void lose_worker(EngineRun& run, std::size_t worker) {
    const auto id = run.worker_id(worker);
    run.crash_worker(worker);
    run.end_leftovers();
    run.database.execute(fmt::format(
        "update agentcron.leases set lease_until = '-infinity' where worker_id = '{}'", id));
}

} // namespace agentcron::engine
