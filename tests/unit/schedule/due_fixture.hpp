// A schedule with its rule, and its plans as text.
#pragma once

#include "base/timestamps.hpp"
#include "schedule/due.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::schedule {

inline base::Instant at(std::string_view text) {
    return *base::from_rfc3339(text);
}

struct Fixture {
    Schedule schedule;
    FireRule rule;

    explicit Fixture(std::string_view cron, CatchUp catch_up = CatchUp::latest,
                     std::string_view zone_name = "UTC")
        : rule{*cron::parse(cron), *cron::TimeZone::load(zone_name)} {
        schedule.name = "s";
        schedule.catch_up = catch_up;
        rule.anchor(at("2026-01-01T00:00:00Z"));
    }

    DuePlan plan(std::string_view cursor, std::string_view now, std::int64_t runs = 0) const {
        return plan_due(schedule, rule, at(cursor), at(now), runs);
    }
    void exclude(std::initializer_list<std::string_view> days) {
        std::vector<DayRange> ranges;
        for (const auto text : days) ranges.push_back(*parse_days(text));
        rule.exclusions = Exclusions(std::move(ranges));
    }
};

// "2026-01-01T00:00:00Z run 3, ... next 2026-01-02T00:00:00Z"
inline std::string text(const DuePlan& plan) {
    std::string all;
    for (const DueTask& task : plan.tasks)
        all += fmt::format("{} {} {}, ", base::to_rfc3339(task.fire_time),
                           task.missed ? "missed" : "run", task.fires_covered);
    return all + "next " + (plan.next_fire_at ? base::to_rfc3339(*plan.next_fire_at) : "never");
}

} // namespace agentcron::schedule
