#include "schedule/validate.hpp"

#include "base/text.hpp"
#include "cron/fire_times.hpp"
#include "schedule/limits.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>
#include <utility>

namespace agentcron::schedule {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

using Problems = std::vector<Problem>;

void check_names(const Schedule& schedule, Problems& problems) {
    const auto check = [&](std::string_view field, const std::string& value) {
        if (is_name(value)) return;
        problems.push_back(
            {field, 0,
             fmt::format("'{}' cannot be a name; {}", base::one_line(value, 120), name_rule)});
    };
    check("name", schedule.name);
    check("agent", schedule.agent);
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

// From 1970 on, not from now on: a one-time schedule must not break its file once it has fired.
void check_fires(const Schedule& schedule, const Validated& validated, Problems& problems) {
    if (cron::can_ever_fire(validated.expression, *validated.zone)) return;
    problems.push_back({"cron", 0,
                        fmt::format("'{}' never fires: no date from 1970 to 2199 "
                                    "matches all of its fields",
                                    schedule.cron)});
}

void check_number(std::string_view field, int value, int low, int high, Problems& problems) {
    if (value >= low && value <= high) return;
    problems.push_back(
        {field, 0, fmt::format("{} is out of range; expected {} to {}", value, low, high)});
}

void check_duration(std::string_view field, base::Seconds value, Problems& problems) {
    if (value < base::Seconds{0}) {
        problems.push_back(
            {field, 0,
             fmt::format("{} seconds are less than none; expected 0s to "
                         "{}",
                         value.count(), base::format_duration(policy_duration_max))});
    } else if (value > policy_duration_max) {
        problems.push_back(
            {field, 0,
             fmt::format("{} is too long; expected at most {}", base::format_duration(value),
                         base::format_duration(policy_duration_max))});
    }
}

void check_policies(const Schedule& schedule, Problems& problems) {
    check_number("priority", schedule.priority, priority_min, priority_max, problems);
    check_duration("catch_up_window", schedule.catch_up_window, problems);
    check_number("catch_up_max", schedule.catch_up_max, catch_up_max_min, catch_up_max_max,
                 problems);
    check_duration("timeout", schedule.timeout, problems);
    check_duration("hold", schedule.hold, problems);
    check_number("retry_attempts", schedule.retry_attempts, retry_attempts_min, retry_attempts_max,
                 problems);
    check_duration("retry_backoff", schedule.retry_backoff, problems);
    const std::size_t before = problems.size();
    check_duration("retry_max_backoff", schedule.retry_max_backoff, problems);
    if (problems.size() == before && schedule.retry_max_backoff < schedule.retry_backoff &&
        schedule.retry_backoff <= policy_duration_max) {
        problems.push_back({"retry_max_backoff", 0,
                            fmt::format("max_backoff {} is shorter than backoff {}",
                                        base::format_duration(schedule.retry_max_backoff),
                                        base::format_duration(schedule.retry_backoff))});
    }
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
    check_names(schedule, problems);
    const auto expression = check_cron(schedule, problems);
    auto zone = check_zone(schedule, zones, problems);
    if (expression && zone) {
        inspection.validated = Validated{*expression, std::move(zone)};
        check_fires(schedule, *inspection.validated, problems);
    }
    if (schedule.prompt.size() > prompt_bytes_max) {
        problems.push_back({"prompt", 0,
                            fmt::format("{} bytes are too long; expected at most {}",
                                        schedule.prompt.size(), prompt_bytes_max)});
    }
    check_policies(schedule, problems);
    return inspection;
}

base::Result<Validated, std::string> validate(const Schedule& schedule, cron::ZoneCache& zones) {
    Inspection inspection = inspect(schedule, zones);
    if (inspection.problems.empty()) return std::move(*inspection.validated);
    const Problem& first = inspection.problems.front();
    return fmt::format("{}: {}", first.field, first.message);
}

} // namespace agentcron::schedule
