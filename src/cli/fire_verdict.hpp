// What can be said of an instant for which a schedule has no task: why there is none. Pure.
#pragma once

#include "schedule/fire_rule.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace agentcron::cli {

struct PausedSpan {
    base::Instant from{};
    std::optional<base::Instant> until; // nullopt: it is paused now
    std::string by;
    std::string reason;
};

struct AskedSchedule {
    std::string_view cron;
    std::string_view timezone;
    const schedule::FireRule& rule;
    base::Instant created_at{};
    base::Instant now{};
    bool enabled = true;
    std::optional<PausedSpan> pause; // that the instant lies in
};

struct Verdict {
    enum class Kind {
        not_due, // the expression does not match
        before_start,
        after_end,
        excluded,
        paused,
        not_yet_due,
        before_creation,
        no_record, // it fires then, as it is declared now, and yet there is no task
    };
    Kind kind;
    std::string words;
};

// The word for it in JSON.
std::string_view name(Verdict::Kind);

Verdict verdict(const AskedSchedule& asked, base::Instant at);
// Whether the expression itself matches the instant, whatever the bounds say.
bool matches(const schedule::FireRule& rule, base::Instant at);

} // namespace agentcron::cli
