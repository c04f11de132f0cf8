#include "base/text.hpp"
#include "config/declarations.hpp"
#include "config/keys.hpp"
#include "config/params.hpp"
#include "config/scalar_position.hpp"
#include "schedule/validate.hpp"
#include "task/prompt.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::config {
namespace {

using schedule::Schedule;

void read_policies(MapReader& reader, Schedule& schedule) {
    reader.read("enabled", schedule.enabled);
    reader.read("priority", schedule.priority);
    reader.read("overlap", schedule.overlap, schedule::overlap_from);
    reader.read("while_waiting", schedule.while_waiting, schedule::while_waiting_from);
    reader.read("catch_up", schedule.catch_up, schedule::catch_up_from);
    reader.read("catch_up_window", schedule.catch_up_window);
    reader.read("catch_up_max", schedule.catch_up_max);
    reader.read("timeout", schedule.timeout);
    reader.read("hold", schedule.hold);
}

void read_retry(MapReader& reader, Schedule& schedule) {
    reader.read("attempts", schedule.retry_attempts);
    reader.read("backoff", schedule.retry_backoff);
    reader.read("max_backoff", schedule.retry_max_backoff);
}

// The template is checked against the parameters only where those are known.
void read_prompt(MapReader& reader, OpenFile& file, Schedule& schedule) {
    reader.read("prompt", schedule.prompt);
    const auto params = params_to_json(reader.entries("params"), file.source, file.errors);
    if (!params) return;
    schedule.params_json = boost::json::serialize(*params);
    const Node* prompt = reader.value("prompt");
    if (!prompt || (reader.has("params") && !reader.value("params"))) return;
    for (const task::PromptError& error : task::check_prompt(schedule.prompt, *params)) {
        file.errors.add(file.source,
                        offset_of_part(file.source, prompt->offset, prompt->text, error.offset),
                        error.message);
    }
}

void check_agent(MapReader& reader, const Declared& agents, const Schedule& schedule) {
    if (!schedule::is_name(schedule.agent) || agents.contains(schedule.agent)) return;
    const auto names = agents.names();
    std::string advice = base::did_you_mean(schedule.agent, names);
    if (names.empty()) {
        advice = "; no agent is declared under 'agents:'";
    } else if (advice.empty()) {
        constexpr std::size_t names_shown_max = 10;
        const std::size_t shown = std::min(names.size(), names_shown_max);
        advice = fmt::format("; declared are {}{}",
                             fmt::join(names.begin(), names.begin() + std::ptrdiff_t(shown), ", "),
                             shown < names.size() ? ", ..." : "");
    }
    reader.fail("agent", fmt::format("unknown agent '{}'{}", schedule.agent, advice));
}

// Where a member of Schedule stands in YAML, when it has not its own name at the schedule's level.
struct RetryKey {
    std::string_view field;
    std::string_view key;
};
constexpr std::array<RetryKey, 3> retry_fields{{{"retry_attempts", "attempts"},
                                                {"retry_backoff", "backoff"},
                                                {"retry_max_backoff", "max_backoff"}}};

void report(const schedule::Problem& problem, const Entry& entry, OpenFile& file, MapReader& reader,
            std::optional<MapReader>& retry) {
    if (problem.field == "name") {
        file.errors.add(file.source, entry.key_offset, problem.message);
        return;
    }
    for (const RetryKey& known : retry_fields) {
        if (problem.field != known.field) continue;
        // Too short a default for the backoff that was set is the set one's mistake.
        if (retry) retry->fail(retry->has(known.key) ? known.key : "backoff", problem.message);
        return;
    }
    reader.fail(problem.field, problem.message, problem.offset);
}

Schedule read_schedule(const Entry& entry, OpenFile& file, const std::string& timezone,
                       const Declared* agents, cron::ZoneCache& zones) {
    Schedule schedule;
    schedule.name = entry.key;
    schedule.timezone = timezone;
    MapReader reader(file.source, file.errors, schedule_keys(), *entry.value, entry.key_offset);
    reader.read("cron", schedule.cron);
    reader.read("timezone", schedule.timezone);
    reader.read("agent", schedule.agent);
    read_prompt(reader, file, schedule);
    read_policies(reader, schedule);
    auto retry = reader.object("retry");
    if (retry) read_retry(*retry, schedule);
    for (const schedule::Problem& problem : schedule::inspect(schedule, zones).problems)
        report(problem, entry, file, reader, retry);
    if (agents) check_agent(reader, *agents, schedule);
    return schedule;
}

// The zone of the file's schedules. A bad one is reported here, once, and not at each of them.
std::string read_timezone(OpenFile& file, cron::ZoneCache& zones) {
    const std::string fallback = Schedule{}.timezone;
    std::string timezone = fallback;
    file.top.read("timezone", timezone);
    const auto zone = zones.load(timezone);
    if (zone) return timezone;
    file.top.fail("timezone", zone.error().message());
    return fallback;
}

} // namespace

void read_schedules(OpenFile& file, const Declared* agents, cron::ZoneCache& zones,
                    Declared& declared, std::vector<Schedule>& schedules) {
    const std::string timezone = read_timezone(file, zones);
    for (const Entry& entry : file.top.entries("schedules")) {
        declared.declare("schedule", entry.key, file, entry.key_offset);
        schedules.push_back(read_schedule(entry, file, timezone, agents, zones));
    }
}

} // namespace agentcron::config
