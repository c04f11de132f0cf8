// The rules that a schedule keeps wherever it is declared: config reports every broken one at its
// place in the file, db stores the first one in schedules.error. Pure but for reading zone files.
// Not here, because other folders know it: whether the agent exists, the prompt's template names.
#pragma once

#include "base/result.hpp"
#include "cron/expression.hpp"
#include "cron/time_zone.hpp"
#include "cron/zone_cache.hpp"
#include "schedule/schedule.hpp"

#include <memory>
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
    std::string_view field; // the member of Schedule, and the column of agentcron.schedules
    std::size_t offset = 0; // of the wrong part in the field's text, in bytes
    std::string message;    // a sentence that does not repeat the field
};

struct Validated {
    // Its H values depend on the schedule's name; an @every counts from 1970 until plan_due or
    // next_fire_time is given the anchor.
    cron::Expression expression;
    std::shared_ptr<const cron::TimeZone> zone;
};

struct Inspection {
    std::vector<Problem> problems;      // in the order of Schedule's members
    std::optional<Validated> validated; // set when expression and zone are good
};

// Every broken rule.
Inspection inspect(const Schedule& schedule, cron::ZoneCache& zones);

// What is needed to plan the schedule, or the first broken rule as "field: sentence".
base::Result<Validated, std::string> validate(const Schedule& schedule, cron::ZoneCache& zones);

} // namespace agentcron::schedule
