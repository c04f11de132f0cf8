#include "cli/schedule_times.hpp"

#include "base/timestamps.hpp"
#include "schedule/validate.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace agentcron::cli {
namespace {

std::optional<base::Instant> instant_at(const db::Table& rows, std::size_t row,
                                        std::string_view column) {
    const auto& text = rows.at(row, column);
    if (!text) return std::nullopt;
    const auto instant = base::from_rfc3339(*text);
    return instant ? std::optional(*instant) : std::nullopt;
}

std::vector<std::string> texts_from(const std::string& json_array) {
    std::vector<std::string> texts;
    const auto array = boost::json::parse(json_array); // lives as long as the loop
    for (const auto& element : array.as_array())
        if (element.is_string()) texts.emplace_back(element.get_string());
    return texts;
}

} // namespace

base::Result<ScheduleTimes, std::string> schedule_times(const db::Table& rows, std::size_t row,
                                                        cron::ZoneCache& zones) {
    schedule::Schedule declared;
    declared.name = *rows.at(row, "name");
    declared.cron = *rows.at(row, "cron");
    declared.timezone = *rows.at(row, "timezone");
    declared.starts_at = instant_at(rows, row, "starts_at");
    declared.ends_at = instant_at(rows, row, "ends_at");
    declared.exclude = texts_from(*rows.at(row, "exclude"));
    declared.after = texts_from(*rows.at(row, "after"));
    auto rule = schedule::fire_rule(declared, zones);
    // Named, because an aggregate could be made of the text, too.
    if (!rule) return {boost::system::in_place_error, rule.error()};
    ScheduleTimes times{.name = declared.name,
                        .agent = *rows.at(row, "agent"),
                        .cron = declared.cron,
                        .timezone = declared.timezone,
                        .rule = std::move(*rule),
                        .created_at = *instant_at(rows, row, "created_at"),
                        .now = *instant_at(rows, row, "now"),
                        .next_fire_at = instant_at(rows, row, "next_fire_at"),
                        .is_planned = rows.at(row, "is_planned") == "t",
                        .runs_left = std::nullopt};
    times.rule.anchor(times.created_at);
    if (const auto& max_runs = rows.at(row, "max_runs"))
        times.runs_left =
            std::max<std::int64_t>(0, std::stoll(*max_runs) - std::stoll(*rows.at(row, "runs")));
    return times;
}

std::optional<base::Instant> coming_after(const ScheduleTimes& times) {
    if (times.runs_left == 0) return std::nullopt;
    if (!times.is_planned) return times.now;
    if (!times.next_fire_at) return std::nullopt;
    return std::max(times.now, *times.next_fire_at - base::Instant::duration(1));
}

} // namespace agentcron::cli
