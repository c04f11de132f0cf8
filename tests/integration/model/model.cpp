#include "integration/model/model.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <iostream>
#include <spdlog/fmt/fmt.h>

namespace agentcron::model {
namespace {

// A Monday, long before the database's own clock: what the fake one makes due is due there too.
constexpr Second start = 1'772'409'600; // 2026-03-02T00:00:00Z
constexpr int schedules_count = 5;

} // namespace

Model::Model(std::uint64_t seed) : seed_(seed), random_(seed) {
    system_.set_clock(start + 7 * hour + below(7200));
    latest_ = now();
    system_.database.execute("insert into agentcron.agents (name, driver, max_concurrent) values "
                             "('free', 'command', null), ('narrow', 'command', 2)");
    for (int i = 0; i < schedules_count; ++i) declare(random_rules(i));
}

Rules Model::random_rules(int number) {
    static const std::vector<std::string> overlaps{"skip", "queue_one", "queue_all",
                                                   "cancel_previous", "allow"};
    Rules rules;
    rules.name = fmt::format("s{}", number);
    rules.every_minutes = any(std::vector{1, 1, 5, 15, 60, 180});
    if (rules.every_minutes == 60) rules.phase = below(60);
    rules.india = one_in(3);
    rules.overlap = any(overlaps);
    rules.while_waiting = one_in(2) ? "skip" : "allow";
    rules.catch_up = any(std::vector<std::string>{"latest", "all", "none"});
    rules.queue_max = 1 + below(3);
    rules.window = any(std::vector<Second>{0, 10 * minute, 3 * hour, day});
    rules.catch_up_max = 1 + below(5);
    rules.jitter = one_in(3) ? any(std::vector<Second>{30, 300}) : 0;
    if (one_in(3)) rules.max_runs = 1 + below(12);
    if (one_in(3)) rules.excluded_day = start / day + below(2);
    if (one_in(6)) rules.ends_at = start + 9 * hour + below(36) * hour;
    rules.agent = one_in(3) ? "narrow" : "free";
    if (one_in(2)) rules.group = "g";
    rules.priority = any(std::vector{0, 100, 100, 300});
    rules.attempts = 1 + below(3);
    return rules;
}

void Model::declare(const Rules& rules) {
    const auto days = std::chrono::sys_days(std::chrono::days(rules.excluded_day.value_or(0)));
    const std::chrono::year_month_day date(days);
    const auto exclude =
        rules.excluded_day
            ? fmt::format("{{{:04}-{:02}-{:02}}}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()))
            : "{}";
    const auto sql = fmt::format(
        "insert into agentcron.schedules (name, cron, timezone, agent, overlap, while_waiting, "
        "catch_up, queue_max, catch_up_window, catch_up_max, jitter, max_runs, exclude, ends_at, "
        "concurrency_group, concurrency_limit, priority, retry_attempts) values ('{}', '{}', '{}', "
        "'{}', '{}', '{}', '{}', {}, make_interval(secs => {}), {}, make_interval(secs => {}), {}, "
        "'{}', {}, {}, 2, {}, {}) returning id",
        rules.name, rules.cron(), rules.india ? "Asia/Kolkata" : "UTC", rules.agent, rules.overlap,
        rules.while_waiting, rules.catch_up, rules.queue_max, rules.window, rules.catch_up_max,
        rules.jitter, rules.max_runs ? std::to_string(*rules.max_runs) : "null", exclude,
        rules.ends_at ? system_.quoted(*rules.ends_at) : "null",
        rules.group.empty() ? "null" : "'" + rules.group + "'", rules.priority, rules.attempts);
    note(sql);
    Tracked tracked;
    tracked.rules = rules;
    tracked.edited_at = now();
    tracked.id = std::stoll(system_.database.value(sql));
    schedules_.push_back(std::move(tracked));
}

Tracked& Model::by_id(std::int64_t schedule_id) {
    const auto found =
        std::find_if(schedules_.begin(), schedules_.end(),
                     [&](const auto& schedule) { return schedule.id == schedule_id; });
    if (found == schedules_.end()) fail(fmt::format("there is no schedule {}", schedule_id));
    return *found;
}

void Model::fail(const std::string& what) {
    for (const auto& event : history_) std::cout << event << '\n';
    FAIL(fmt::format("seed {} at {}: {}", seed_, now(), what));
    std::abort(); // FAIL throws
}

void Model::run(int steps) {
    for (int i = 0; i < steps; ++i) {
        note(fmt::format("step {} at {}", i, now()));
        step();
        judge_invariants();
    }
}

} // namespace agentcron::model
