#include "cli/time_text.hpp"

#include "base/text.hpp"
#include "base/timestamps.hpp"

#include <cmath>
#include <ctime>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

using std::chrono::duration;

std::tm local_time(base::Instant instant) {
    const std::time_t seconds =
        std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    return parts;
}

std::string formatted(const char* format, const std::tm& parts) {
    char text[64];
    return {text, std::strftime(text, sizeof text, format, &parts)};
}

// mktime would take the 31st of February for a day in March: what comes back must be what was
// given.
std::optional<base::Instant> from_local(std::tm parts) {
    const std::tm given = parts;
    parts.tm_isdst = -1;
    const std::time_t seconds = std::mktime(&parts);
    if (given.tm_mday != parts.tm_mday || given.tm_mon != parts.tm_mon || given.tm_hour > 23 ||
        given.tm_min > 59 || given.tm_sec > 59)
        return std::nullopt;
    return base::Instant(std::chrono::seconds(seconds));
}

std::optional<std::tm> matched(const std::string& text, const char* format, std::tm parts) {
    const char* end = ::strptime(text.c_str(), format, &parts);
    if (!end || *end != '\0') return std::nullopt;
    return parts;
}

} // namespace

std::string span_text(double seconds) {
    if (seconds < 0) return "-" + span_text(-seconds);
    if (seconds < 0.9995) return fmt::format("{:.0f}ms", seconds * 1000);
    if (seconds < 9.95) return fmt::format("{:.1f}s", seconds);
    const auto whole = std::llround(seconds);
    const auto two = [](long long large, char large_unit, long long small, char small_unit) {
        return small == 0 ? fmt::format("{}{}", large, large_unit)
                          : fmt::format("{}{}{}{}", large, large_unit, small, small_unit);
    };
    if (whole < 60) return fmt::format("{}s", whole);
    if (whole < 3600) return two(whole / 60, 'm', whole % 60, 's');
    if (whole < 86400) return two(whole / 3600, 'h', whole % 3600 / 60, 'm');
    return two(whole / 86400, 'd', whole % 86400 / 3600, 'h');
}

std::string clock_text(base::Instant instant, base::Instant now) {
    const auto parts = local_time(instant);
    const auto today = local_time(now);
    if (parts.tm_year == today.tm_year && parts.tm_yday == today.tm_yday)
        return formatted("%H:%M:%S", parts);
    const bool near = std::chrono::abs(instant - now) < std::chrono::days(182);
    return formatted(near ? "%b %e %H:%M" : "%Y-%m-%d %H:%M", parts);
}

std::string age_text(base::Instant instant, base::Instant now) {
    const double seconds = duration<double>(now - instant).count();
    if (std::abs(seconds) < 1) return "now";
    // Ages are read at a glance: tenths of a second only matter for how long something took.
    const double whole = std::round(std::abs(seconds));
    auto span = whole < 10 ? fmt::format("{}s", static_cast<int>(whole)) : span_text(whole);
    return seconds > 0 ? span + " ago" : "in " + span;
}

std::string time_text(base::Instant instant, base::Instant now) {
    return fmt::format("{} ({})", clock_text(instant, now), age_text(instant, now));
}

base::Result<base::Instant, std::string> parse_time(std::string_view text, base::Instant now) {
    const std::string given(base::trim(text));
    if (given == "now") return now;
    if (const auto exact = base::from_rfc3339(given)) return *exact;
    std::tm midnight{};
    std::tm today = local_time(now);
    today.tm_sec = 0;
    for (const char* format :
         {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"})
        if (const auto parts = matched(given, format, midnight))
            if (const auto instant = from_local(*parts)) return *instant;
    for (const char* format : {"%H:%M", "%H:%M:%S"})
        if (const auto parts = matched(given, format, today))
            if (const auto instant = from_local(*parts)) return *instant;
    return fmt::format("`{}` is no time; write 2026-03-29T01:00:00Z, or in local time "
                       "\"2026-03-29 01:00\", 2026-03-29 or 01:00",
                       given);
}

base::Result<base::Instant, std::string> parse_since(std::string_view text, base::Instant now) {
    if (const auto back = base::parse_duration(base::trim(text))) return now - *back;
    auto time = parse_time(text, now);
    if (time) return *time;
    return time.error() + "; or how long ago: 90s, 45m, 2h, 3d";
}

} // namespace agentcron::cli
