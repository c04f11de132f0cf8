// Days on which clocks change, end to end. The expected times are worked out by hand: a fixed time
// that does not exist runs once, at the change; one that comes twice runs the first time; intervals
// run on both passes.
#include "base/timestamps.hpp"
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

using agentcron::base::Instant;
using agentcron::engine::EngineRun;
using Rows = std::vector<std::vector<std::string>>;

namespace {

constexpr std::chrono::minutes quarter{15};

struct ChangeDay {
    std::string zone;
    std::string starts; // local midnight and the next one, in UTC
    std::string ends;
    std::string at_2_30; // the fire times of `30 2 * * *`, in UTC
    std::string at_2_15;
    std::string at_1_30;
    std::vector<std::string> every_3_hours; // `0 */3 * * *`
    int quarters = 0;                       // how many `*/15 * * * *` has
};

const std::vector<ChangeDay> change_days{
    {"America/New_York",
     "2026-03-08T05:00:00Z",
     "2026-03-09T04:00:00Z",
     "2026-03-08T07:00:00Z",
     "2026-03-08T07:00:00Z",
     "2026-03-08T06:30:00Z",
     {"2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z", "2026-03-08T10:00:00Z",
      "2026-03-08T13:00:00Z", "2026-03-08T16:00:00Z", "2026-03-08T19:00:00Z",
      "2026-03-08T22:00:00Z", "2026-03-09T01:00:00Z"},
     92},
    {"America/New_York",
     "2026-11-01T04:00:00Z",
     "2026-11-02T05:00:00Z",
     "2026-11-01T07:30:00Z",
     "2026-11-01T07:15:00Z",
     "2026-11-01T05:30:00Z",
     {"2026-11-01T04:00:00Z", "2026-11-01T08:00:00Z", "2026-11-01T11:00:00Z",
      "2026-11-01T14:00:00Z", "2026-11-01T17:00:00Z", "2026-11-01T20:00:00Z",
      "2026-11-01T23:00:00Z", "2026-11-02T02:00:00Z"},
     100},
    {"Europe/Berlin",
     "2026-03-28T23:00:00Z",
     "2026-03-29T22:00:00Z",
     "2026-03-29T01:00:00Z",
     "2026-03-29T01:00:00Z",
     "2026-03-29T00:30:00Z",
     {"2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z",
      "2026-03-29T07:00:00Z", "2026-03-29T10:00:00Z", "2026-03-29T13:00:00Z",
      "2026-03-29T16:00:00Z", "2026-03-29T19:00:00Z"},
     92},
    {"Europe/Berlin",
     "2026-10-24T22:00:00Z",
     "2026-10-25T23:00:00Z",
     "2026-10-25T00:30:00Z",
     "2026-10-25T00:15:00Z",
     "2026-10-24T23:30:00Z",
     {"2026-10-24T22:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T05:00:00Z",
      "2026-10-25T08:00:00Z", "2026-10-25T11:00:00Z", "2026-10-25T14:00:00Z",
      "2026-10-25T17:00:00Z", "2026-10-25T20:00:00Z"},
     100},
    // Half an hour: 02:00 becomes 01:30, and 02:00 becomes 02:30.
    {"Australia/Lord_Howe",
     "2026-04-04T13:00:00Z",
     "2026-04-05T13:30:00Z",
     "2026-04-04T16:00:00Z",
     "2026-04-04T15:45:00Z",
     "2026-04-04T14:30:00Z",
     {"2026-04-04T13:00:00Z", "2026-04-04T16:30:00Z", "2026-04-04T19:30:00Z",
      "2026-04-04T22:30:00Z", "2026-04-05T01:30:00Z", "2026-04-05T04:30:00Z",
      "2026-04-05T07:30:00Z", "2026-04-05T10:30:00Z"},
     98},
    {"Australia/Lord_Howe",
     "2025-10-04T13:30:00Z",
     "2025-10-05T13:00:00Z",
     "2025-10-04T15:30:00Z",
     "2025-10-04T15:30:00Z",
     "2025-10-04T15:00:00Z",
     {"2025-10-04T13:30:00Z", "2025-10-04T16:00:00Z", "2025-10-04T19:00:00Z",
      "2025-10-04T22:00:00Z", "2025-10-05T01:00:00Z", "2025-10-05T04:00:00Z",
      "2025-10-05T07:00:00Z", "2025-10-05T10:00:00Z"},
     94},
};

Instant instant(const std::string& text) {
    return *agentcron::base::from_rfc3339(text);
}

void declare(EngineRun& run, const std::string& name, const std::string& cron,
             const std::string& zone) {
    run.database.execute(
        fmt::format("insert into agentcron.schedules (name, agent, cron, timezone, overlap) values "
                    "('{}', 'sh', '{}', '{}', 'allow')",
                    name, cron, zone));
}

std::vector<std::string> fire_times(EngineRun& run, const std::string& name) {
    std::vector<std::string> times;
    for (const auto& row : run.database.rows(
             "select to_char(fire_time at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from "
             "agentcron.tasks where schedule = '" +
             name + "' order by fire_time"))
        times.push_back(row.at(0));
    return times;
}

} // namespace

TEST_CASE("on a day on which clocks change every due time runs exactly once",
          "[integration][engine][dst]") {
    const auto day = GENERATE(from_range(change_days));
    INFO(day.zone << " from " << day.starts);
    EngineRun run;
    run.agent("sh", "command", "echo \"$AGENTCRON_SCHEDULE\" >> ran");
    run.set_time(instant(day.starts) - std::chrono::minutes(1));
    for (int i = 0; i < 2; ++i) run.start_scheduler();
    run.start_worker({.slots = 8});
    // It was there all the time: nothing is missed for want of a worker.
    run.until_value("select count(*) from agentcron.workers", "1");
    run.database.execute("update agentcron.workers set started_at = '2020-01-01'");
    declare(run, "at-2-30", "30 2 * * *", day.zone);
    declare(run, "at-2-15", "15 2 * * *", day.zone);
    declare(run, "at-1-30", "30 1 * * *", day.zone);
    declare(run, "every-3-hours", "0 */3 * * *", day.zone);
    declare(run, "quarters", "*/15 * * * *", day.zone);
    run.until_planned();
    std::vector<std::string> quarters;
    for (Instant now = instant(day.starts); now < instant(day.ends); now += quarter) {
        run.set_time(now);
        quarters.push_back(agentcron::base::to_rfc3339(now));
    }
    CHECK(fire_times(run, "at-2-30") == std::vector{day.at_2_30});
    CHECK(fire_times(run, "at-2-15") == std::vector{day.at_2_15});
    CHECK(fire_times(run, "at-1-30") == std::vector{day.at_1_30});
    CHECK(fire_times(run, "every-3-hours") == day.every_3_hours);
    CHECK(fire_times(run, "quarters") == quarters);
    CHECK(static_cast<int>(quarters.size()) == day.quarters);
    const auto tasks = std::to_string(day.quarters + 8 + 3);
    run.until_value("select count(*) from agentcron.tasks where status = 'succeeded'", tasks);
    CHECK(run.database.rows("select count(*), count(distinct trigger), min(trigger), "
                            "sum(fires_covered), sum(run_no) from agentcron.tasks") ==
          Rows{{tasks, "1", "schedule", tasks, tasks}});
    const auto ran = run.file("ran");
    CHECK(std::to_string(std::count(ran.begin(), ran.end(), '\n')) == tasks);
}
