#include "schedule/validate.hpp"

#include "base/text.hpp"
#include "schedule/limits.hpp"
#include "schedule/rules.hpp"

#include <algorithm>
#include <set>
#include <spdlog/fmt/fmt.h>
#include <utility>

namespace agentcron::schedule {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Without the column, which counts in the expression: where that stands is the caller's to say.
std::string describe(const cron::ParseError& error) {
    const bool whole = error.field == cron::Field::pattern;
    std::string text =
        fmt::format("{}'{}': {}", whole ? "" : fmt::format("{} ", field_name(error.field)),
                    error.text, error.problem);
    if (!error.corrected.empty()) return fmt::format("{}; write '{}'", text, error.corrected);
    if (!error.rewrite.empty()) return fmt::format("{}; write '{}' there", text, error.rewrite);
    return text;
}

std::optional<cron::Expression> check_cron(const Schedule& schedule, Problems& problems) {
    if (schedule.cron.empty() && !schedule.after.empty()) return cron::Expression{};
    auto expression = cron::parse(schedule.cron, {.job_id = schedule.name, .anchor = {}});
    if (!expression) {
        const cron::ParseError& error = expression.error();
        problems.push_back({"cron", error.column - 1, describe(error)});
        return std::nullopt;
    }
    return *expression;
}

std::shared_ptr<const cron::TimeZone> check_zone(const Schedule& schedule, cron::ZoneCache& zones,
                                                 Problems& problems) {
    auto zone = zones.load(schedule.timezone);
    if (zone) return *zone;
    problems.push_back({"timezone", 0, zone.error().message()});
    return nullptr;
}

std::optional<Exclusions> check_exclude(const Schedule& schedule, Problems& problems) {
    const std::size_t before = problems.size();
    check_count("exclude", schedule.exclude.size(), exclude_max, problems);
    std::vector<DayRange> ranges;
    for (std::size_t i = 0; i < schedule.exclude.size() && i < exclude_max; ++i) {
        if (const auto range = parse_days(schedule.exclude[i])) {
            ranges.push_back(*range);
        } else {
            problems.push_back({.field = "exclude", .message = range.error(), .item = i});
        }
    }
    if (problems.size() > before) return std::nullopt;
    return Exclusions(std::move(ranges));
}

// From 1970 on, not from now on: a one-time schedule must not break its file once it has fired.
void check_fires(const Schedule& schedule, const FireRule& rule, Problems& problems) {
    if (schedule.cron.empty() || rule.expression.is_reboot()) return;
    const FireRule unbounded{rule.expression, rule.zone};
    if (!unbounded.next(base::Instant::min())) {
        problems.push_back({"cron", 0,
                            fmt::format("'{}' never fires: no date from 1970 to 2199 "
                                        "matches all of its fields",
                                        schedule.cron)});
        return;
    }
    // Where an @every counts from is not known here.
    if (rule.expression.kind() == cron::Kind::every || rule.next(base::Instant::min())) return;
    problems.push_back({"cron", 0,
                        fmt::format("'{}' never fires: all of its times are excluded, or outside "
                                    "starts_at and ends_at",
                                    schedule.cron)});
}

std::optional<FireRule> check_times(const Schedule& schedule, cron::ZoneCache& zones,
                                    Problems& problems) {
    const auto expression = check_cron(schedule, problems);
    auto zone = check_zone(schedule, zones, problems);
    const bool in_order =
        !schedule.starts_at || !schedule.ends_at || *schedule.starts_at < *schedule.ends_at;
    if (!in_order) problems.push_back({"ends_at", 0, "the end is not after starts_at"});
    auto exclusions = check_exclude(schedule, problems);
    if (!expression || !zone || !in_order || !exclusions) return std::nullopt;
    FireRule rule{*expression, std::move(zone), schedule.starts_at, schedule.ends_at,
                  std::move(*exclusions)};
    check_fires(schedule, rule, problems);
    return rule;
}

void check_policies(const Schedule& schedule, Problems& problems) {
    check_number("priority", schedule.priority, priority_min, priority_max, problems);
    check_number("queue_max", schedule.queue_max, queue_max_min, queue_max_max, problems);
    check_duration("catch_up_window", schedule.catch_up_window, problems);
    check_number("catch_up_max", schedule.catch_up_max, catch_up_max_min, catch_up_max_max,
                 problems);
    check_duration("jitter", schedule.jitter, problems);
    if (schedule.max_runs)
        check_number("max_runs", *schedule.max_runs, max_runs_min, max_runs_max, problems);
    if (!schedule.concurrency.group.empty())
        check_name("concurrency_group", schedule.concurrency.group, problems);
    check_number("concurrency_limit", schedule.concurrency.limit, concurrency_limit_min,
                 concurrency_limit_max, problems);
    check_duration("queue_timeout", schedule.queue_timeout, problems);
    if (schedule.pause_after_failures)
        check_number("pause_after_failures", *schedule.pause_after_failures,
                     pause_after_failures_min, pause_after_failures_max, problems);
    if (schedule.notify) check_notify(*schedule.notify, problems);
    if (!schedule.heartbeat_url.empty())
        check_url("heartbeat_url", "", schedule.heartbeat_url, problems);
}

void check_after(const Schedule& schedule, Problems& problems) {
    check_count("after", schedule.after.size(), after_max, problems);
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < schedule.after.size(); ++i) {
        const std::string& upstream = schedule.after[i];
        Problems found;
        check_name("after", upstream, found);
        if (found.empty() && upstream == schedule.name)
            found.push_back({"after", 0, "a schedule cannot come after itself"});
        if (found.empty() && !seen.insert(upstream).second)
            found.push_back({"after", 0, fmt::format("'{}' stands twice", upstream)});
        for (Problem& problem : found) {
            problem.item = i;
            problems.push_back(std::move(problem));
        }
    }
}

std::string text_of(const Problem& problem, const Schedule& schedule) {
    std::string text{problem.field};
    if (!problem.member.empty()) text += fmt::format(".{}", problem.member);
    text += ": " + problem.message;
    if (!problem.step) return text;
    const std::string& name = schedule.steps[*problem.step].name;
    return is_name(name) ? fmt::format("steps: step '{}': {}", name, text)
                         : fmt::format("steps: step {}: {}", *problem.step + 1, text);
}

base::Result<FireRule, std::string> first_of(Inspection inspection, const Schedule& schedule) {
    if (!inspection.problems.empty()) return text_of(inspection.problems.front(), schedule);
    return std::move(*inspection.rule);
}

} // namespace

bool is_name(std::string_view text) {
    constexpr std::size_t name_bytes_max = 100;
    return !text.empty() && text.size() <= name_bytes_max && is_letter_or_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
           });
}

Inspection inspect(const Schedule& schedule, cron::ZoneCache& zones) {
    Inspection inspection;
    Problems& problems = inspection.problems;
    check_name("name", schedule.name, problems);
    // Steps may each name their own.
    if (!schedule.agent.empty() || schedule.steps.empty())
        check_name("agent", schedule.agent, problems);
    inspection.rule = check_times(schedule, zones, problems);
    check_execution(schedule, problems);
    check_budget(schedule.day_budget, problems);
    check_policies(schedule, problems);
    check_after(schedule, problems);
    check_steps(schedule, problems);
    check_conversation(schedule, problems);
    return inspection;
}

base::Result<FireRule, std::string> validate(const Schedule& schedule, cron::ZoneCache& zones) {
    return first_of(inspect(schedule, zones), schedule);
}

base::Result<FireRule, std::string> fire_rule(const Schedule& schedule, cron::ZoneCache& zones) {
    Inspection inspection;
    check_name("name", schedule.name, inspection.problems);
    inspection.rule = check_times(schedule, zones, inspection.problems);
    return first_of(std::move(inspection), schedule);
}

} // namespace agentcron::schedule
