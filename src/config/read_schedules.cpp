#include "config/read_schedules.hpp"
#include "base/text.hpp"
#include "config/calendars.hpp"
#include "config/keys.hpp"
#include "config/schedule_reader.hpp"
#include "cron/instant_text.hpp"
#include "schedule/validate.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::config {
namespace {

using schedule::Schedule;

void check_agent(MapReader& reader, const Declared& agents, const std::string& agent) {
    if (!schedule::is_name(agent) || agents.contains(agent)) return;
    const auto names = agents.names();
    std::string advice = base::did_you_mean(agent, names);
    if (names.empty()) {
        advice = "; no agent is declared under 'agents:'";
    } else if (advice.empty()) {
        constexpr std::size_t names_shown_max = 10;
        const std::size_t shown = std::min(names.size(), names_shown_max);
        advice = fmt::format("; declared are {}{}",
                             fmt::join(names.begin(), names.begin() + std::ptrdiff_t(shown), ", "),
                             shown < names.size() ? ", ..." : "");
    }
    reader.fail("agent", fmt::format("unknown agent '{}'{}", agent, advice));
}

// A local date or time is one of the schedule's zone; it was reported if there is no such zone.
void read_instant(MapReader& reader, std::string_view key, const Schedule& schedule,
                  cron::ZoneCache& zones, std::optional<base::Instant>& target) {
    std::string text;
    reader.read(key, text);
    if (!reader.value(key)) return;
    const auto zone = zones.load(schedule.timezone);
    target = cron::parse_instant(text, zone ? **zone : *cron::TimeZone::utc());
    if (target) return;
    reader.fail(key, fmt::format("'{}' is not an instant; expected 2026-12-01 or 2026-12-01T09:00 "
                                 "in the schedule's zone, or 2026-12-01T09:00:00+01:00",
                                 base::one_line(text, 60)));
}

Schedule read_schedule(const Entry& entry, OpenFile& file, const std::string& timezone,
                       const Known& known, cron::ZoneCache& zones) {
    Schedule schedule;
    schedule.name = entry.key;
    schedule.timezone = timezone;
    ScheduleReader reader(
        MapReader(file.source, file.errors, schedule_keys(), *entry.value, entry.key_offset));
    reader.read(file, known.home, schedule);
    MapReader& top = reader.own.top;
    read_instant(top, "starts_at", schedule, zones, schedule.starts_at);
    read_instant(top, "ends_at", schedule, zones, schedule.ends_at);
    schedule.exclude = known.calendars.excluded(top, known.all_files);
    for (const schedule::Problem& problem : schedule::inspect(schedule, zones).problems) {
        if (problem.field == "name" && !problem.step)
            file.errors.add(file.source, entry.key_offset, problem.message);
        else
            reader.report(problem);
    }
    if (!known.agents) return schedule;
    check_agent(top, *known.agents, schedule.agent);
    for (std::size_t i = 0; i < schedule.steps.size(); ++i)
        check_agent(reader.steps[i].top, *known.agents, schedule.steps[i].agent);
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

void read_schedules(OpenFile& file, const Known& known, cron::ZoneCache& zones, Declared& declared,
                    std::vector<Schedule>& schedules) {
    const std::string timezone = read_timezone(file, zones);
    for (const Entry& entry : file.top.entries("schedules")) {
        declared.declare("schedule", entry.key, file, entry.key_offset);
        schedules.push_back(read_schedule(entry, file, timezone, known, zones));
    }
}

} // namespace agentcron::config
