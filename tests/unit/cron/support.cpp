#include "support.hpp"

#include "support/catch.hpp"

#include <cstdio>
#include <ctime>
#include <map>
#include <spdlog/fmt/fmt.h>

namespace agentcron::test {
namespace {

const std::vector<std::string> zone_names{"UTC",
                                          "Etc/GMT+12",
                                          "Etc/GMT-14",
                                          "Africa/Abidjan",
                                          "Africa/Cairo",
                                          "Africa/Casablanca",
                                          "Africa/El_Aaiun",
                                          "Africa/Johannesburg",
                                          "Africa/Juba",
                                          "Africa/Lagos",
                                          "Africa/Monrovia",
                                          "Africa/Nairobi",
                                          "Africa/Sao_Tome",
                                          "Africa/Tripoli",
                                          "Africa/Windhoek",
                                          "America/Adak",
                                          "America/Anchorage",
                                          "America/Araguaina",
                                          "America/Argentina/Buenos_Aires",
                                          "America/Asuncion",
                                          "America/Bogota",
                                          "America/Cancun",
                                          "America/Caracas",
                                          "America/Chicago",
                                          "America/Denver",
                                          "America/Goose_Bay",
                                          "America/Grand_Turk",
                                          "America/Halifax",
                                          "America/Havana",
                                          "America/Jamaica",
                                          "America/Lima",
                                          "America/Los_Angeles",
                                          "America/Mexico_City",
                                          "America/Montevideo",
                                          "America/New_York",
                                          "America/Nuuk",
                                          "America/Phoenix",
                                          "America/Port-au-Prince",
                                          "America/Santiago",
                                          "America/Sao_Paulo",
                                          "America/Scoresbysund",
                                          "America/St_Johns",
                                          "America/Whitehorse",
                                          "Antarctica/Casey",
                                          "Antarctica/Davis",
                                          "Antarctica/Macquarie",
                                          "Antarctica/Troll",
                                          "Antarctica/Vostok",
                                          "Asia/Amman",
                                          "Asia/Beirut",
                                          "Asia/Damascus",
                                          "Asia/Dhaka",
                                          "Asia/Gaza",
                                          "Asia/Hong_Kong",
                                          "Asia/Jerusalem",
                                          "Asia/Kabul",
                                          "Asia/Kathmandu",
                                          "Asia/Kolkata",
                                          "Asia/Pyongyang",
                                          "Asia/Riyadh",
                                          "Asia/Shanghai",
                                          "Asia/Tehran",
                                          "Asia/Tokyo",
                                          "Asia/Ulaanbaatar",
                                          "Atlantic/Azores",
                                          "Australia/Adelaide",
                                          "Australia/Eucla",
                                          "Australia/Lord_Howe",
                                          "Australia/Perth",
                                          "Australia/Sydney",
                                          "Europe/Berlin",
                                          "Europe/Dublin",
                                          "Europe/Istanbul",
                                          "Europe/Lisbon",
                                          "Europe/London",
                                          "Europe/Moscow",
                                          "Europe/Volgograd",
                                          "Pacific/Apia",
                                          "Pacific/Auckland",
                                          "Pacific/Chatham",
                                          "Pacific/Fiji",
                                          "Pacific/Kiritimati",
                                          "Pacific/Kwajalein",
                                          "Pacific/Norfolk",
                                          "Pacific/Tongatapu"};

} // namespace

std::chrono::sys_seconds at(const std::string& text) {
    std::tm tm{};
    tm.tm_mday = 1;
    const int read = std::sscanf(text.c_str(), "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon,
                                 &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec);
    REQUIRE(read >= 3);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return std::chrono::sys_seconds{std::chrono::seconds{timegm(&tm)}};
}

cron::Expression expression(const std::string& pattern, const std::string& job_id) {
    const auto parsed = cron::parse(pattern, {job_id});
    INFO(pattern);
    if (!parsed) FAIL(parsed.error().message());
    return *parsed;
}

const cron::TimeZone& zone(const std::string& name) {
    static std::map<std::string, std::shared_ptr<const cron::TimeZone>> zones;
    auto& known = zones[name];
    if (!known) {
        const auto loaded = cron::TimeZone::load(name);
        if (!loaded) FAIL(loaded.error().message());
        known = *loaded;
    }
    return *known;
}

std::string local_text(const cron::TimeZone& zone, std::chrono::sys_seconds time) {
    const std::int64_t utc = time.time_since_epoch().count();
    const std::int64_t offset = zone.segment_at(utc).offset;
    const std::time_t reading = utc + offset;
    std::tm tm{};
    gmtime_r(&reading, &tm);
    const std::int64_t east = std::abs(offset);
    std::string out = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", tm.tm_year + 1900, tm.tm_mon + 1,
                                  tm.tm_mday, tm.tm_hour, tm.tm_min);
    if (tm.tm_sec != 0) out += fmt::format(":{:02}", tm.tm_sec);
    return out + fmt::format(" {}{:02}{:02}", offset < 0 ? '-' : '+', east / 3600, east / 60 % 60);
}

std::vector<std::string> fires(const std::string& pattern, const std::string& zone_name,
                               const std::string& from, int count) {
    const cron::Expression parsed = expression(pattern);
    const cron::TimeZone& in = zone(zone_name);
    std::vector<std::string> texts;
    for (const auto time : cron::FireTimes(parsed, in, at(from))) {
        texts.push_back(local_text(in, time));
        if (static_cast<int>(texts.size()) == count) break;
    }
    return texts;
}

const std::vector<std::string>& eighty_zones() {
    return zone_names;
}

} // namespace agentcron::test
