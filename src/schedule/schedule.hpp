// A schedule as declared in YAML or by a row of agentcron.schedules: when, which agent, what to
// say, and the policies. Values only.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace agentcron::schedule {

// What happens to a fire time that comes while an earlier task of the schedule is unfinished.
enum class Overlap { skip, allow };
// Does a task that waits for a person count as unfinished? skip: yes (skipped/open_question).
enum class WhileWaiting { skip, allow };
// Which of the fire times that nobody was there for still run.
enum class CatchUp { latest, all, none };

std::string_view name(Overlap);
std::string_view name(WhileWaiting);
std::string_view name(CatchUp);
std::optional<Overlap> overlap_from(std::string_view);
std::optional<WhileWaiting> while_waiting_from(std::string_view);
std::optional<CatchUp> catch_up_from(std::string_view);
// Every name in the order of the enum: for messages, completion and the JSON Schema.
std::span<const std::string_view> overlap_names();
std::span<const std::string_view> while_waiting_names();
std::span<const std::string_view> catch_up_names();

struct Schedule {
    std::string name;
    std::string cron;
    std::string timezone = "UTC";
    std::string agent;
    std::string prompt; // a template; its names are checked by whoever reads the declaration
    std::string params_json = "{}"; // one JSON object
    bool enabled = true;
    int priority = 100; // lower runs first; limits.hpp has the range of every number
    Overlap overlap = Overlap::skip;
    WhileWaiting while_waiting = WhileWaiting::skip;
    CatchUp catch_up = CatchUp::latest;
    base::Seconds catch_up_window{86400};
    int catch_up_max = 100;      // most tasks that `all` makes at once
    base::Seconds timeout{3600}; // active time of one attempt; 0 = none
    base::Seconds hold{600};     // how long a process that asked is kept; 0 = parked at once
    int retry_attempts = 1;      // executions in all; 1 = no retry
    base::Seconds retry_backoff{30};
    base::Seconds retry_max_backoff{3600};
};

} // namespace agentcron::schedule
