// The rules that a schedule keeps wherever it is declared: config reports every broken one at its
// place in the file, db stores the first one in schedules.error. Pure but for reading zone files.
// Not here, because other folders know it: whether the agent exists, the prompt's template names.
#pragma once

#include "base/result.hpp"
#include "cron/zone_cache.hpp"
#include "schedule/fire_rule.hpp"
#include "schedule/schedule.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::schedule {

// Agents and schedules: [A-Za-z0-9][A-Za-z0-9._-]{0,99}.
bool is_name(std::string_view text);
inline constexpr std::string_view name_rule =
    "a name has 1 to 100 letters, digits, '.', '_' or '-' and starts with a letter or digit";

// One broken rule.
struct Problem {
    std::string_view field;    // the column of agentcron.schedules; of a step: what would be it
    std::size_t offset = 0;    // of the wrong part in the field's text, in bytes
    std::string message;       // a sentence that does not repeat the field
    std::string_view member{}; // of success and notify: which member is wrong ("escalate.after")
    std::optional<std::size_t> item{}; // of a list: which element
    std::optional<std::size_t> step{}; // of `steps`: which one, from 0
};

struct Inspection {
    std::vector<Problem> problems; // in the order of Schedule's members
    std::optional<FireRule> rule;  // set when expression, zone and bounds are good
};

// Every broken rule.
Inspection inspect(const Schedule& schedule, cron::ZoneCache& zones);

// What is needed to plan the schedule, or the first broken rule as "field: sentence"; of a step as
// "steps: step 'name': field: sentence".
base::Result<FireRule, std::string> validate(const Schedule& schedule, cron::ZoneCache& zones);

// The same for what tells when it fires, all else untouched: name, cron, timezone, starts_at,
// ends_at and exclude.
base::Result<FireRule, std::string> fire_rule(const Schedule& schedule, cron::ZoneCache& zones);

} // namespace agentcron::schedule
