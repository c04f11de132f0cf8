#include "cli/fire_verdict.hpp"

#include "base/timestamps.hpp"
#include "cron/fire_times.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

using Kind = Verdict::Kind;
using base::to_rfc3339;

// When something was done: nobody asks for its microseconds.
std::string moment(base::Instant instant) {
    return to_rfc3339(std::chrono::floor<std::chrono::seconds>(instant));
}

std::string declared(const AskedSchedule& asked) {
    return fmt::format("`{}` ({})", asked.cron, asked.timezone);
}

std::string not_due_words(const AskedSchedule& asked, base::Instant at) {
    if (asked.cron.empty()) return "nothing was due: it fires only after others have succeeded";
    if (asked.rule.expression.is_reboot())
        return "nothing was due: it runs when the machine has started";
    const auto before = asked.rule.previous(std::chrono::ceil<std::chrono::seconds>(at));
    const auto after = asked.rule.next(at);
    std::string times;
    if (before) times = to_rfc3339(*before);
    if (after) times += (times.empty() ? "" : " and ") + to_rfc3339(*after);
    return fmt::format("nothing {} due: {} does not match{}", at > asked.now ? "is" : "was",
                       declared(asked), times.empty() ? "" : "; it fires at " + times);
}

std::string paused_words(const PausedSpan& pause) {
    const auto by = pause.by.empty() ? std::string("somebody") : pause.by;
    const auto reason = pause.reason.empty() ? "" : ": " + pause.reason;
    if (!pause.until) return fmt::format("paused since {} by {}{}", moment(pause.from), by, reason);
    return fmt::format("not run: paused from {} to {} by {}{}", moment(pause.from),
                       moment(*pause.until), by, reason);
}

std::string no_record_words(const AskedSchedule& asked) {
    if (!asked.enabled) return "not run: the schedule is disabled";
    return fmt::format("no record: {} matches as it is declared now; it was declared otherwise, "
                       "disabled or finished then, or its history was removed",
                       declared(asked));
}

} // namespace

std::string_view name(Kind kind) {
    switch (kind) {
    case Kind::not_due: return "not_due";
    case Kind::before_start: return "before_start";
    case Kind::after_end: return "after_end";
    case Kind::excluded: return "excluded";
    case Kind::paused: return "paused";
    case Kind::not_yet_due: return "not_yet_due";
    case Kind::before_creation: return "before_creation";
    case Kind::no_record: return "no_record";
    }
    return "";
}

bool matches(const schedule::FireRule& rule, base::Instant at) {
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    return second == at &&
           cron::next(rule.expression, *rule.zone, second - std::chrono::seconds(1)) == second;
}

Verdict verdict(const AskedSchedule& asked, base::Instant at) {
    const auto& rule = asked.rule;
    if (!matches(rule, at)) return {Kind::not_due, not_due_words(asked, at)};
    if (rule.starts_at && at < *rule.starts_at)
        return {Kind::before_start,
                "not run: it starts at " + to_rfc3339(*rule.starts_at) + " (starts_at)"};
    if (rule.ends_at && at >= *rule.ends_at)
        return {Kind::after_end, "not run: it ends at " + to_rfc3339(*rule.ends_at) + " (ends_at)"};
    const auto second = std::chrono::floor<std::chrono::seconds>(at);
    if (const auto excluded = rule.exclusions.around(second, *rule.zone))
        return {Kind::excluded,
                fmt::format("not run: excluded from {} to {} (exclude)", to_rfc3339(excluded->from),
                            to_rfc3339(excluded->until))};
    if (asked.pause) return {Kind::paused, paused_words(*asked.pause)};
    if (at > asked.now)
        return {Kind::not_yet_due, asked.enabled ? "not yet due" : "not due: it is disabled"};
    if (at < asked.created_at)
        return {Kind::before_creation,
                "before the schedule existed: it was made at " + moment(asked.created_at)};
    return {Kind::no_record, no_record_words(asked)};
}

} // namespace agentcron::cli
