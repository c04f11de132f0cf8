#include "cron/time_zone.hpp"
#include "cron/tzif.hpp"
#include "oracle.hpp"
#include "support.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <spdlog/fmt/fmt.h>
#include <sstream>

namespace agentcron {
namespace {

using namespace agentcron::test;

constexpr std::int64_t day = 86400;

std::int64_t offset(const std::string& name, const std::string& utc) {
    return zone(name).offset_at(at(utc)).count();
}
std::string bytes_of(const std::string& name) {
    std::ifstream file(fmt::format("{}/{}", cron::zoneinfo_directory, name), std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

TEST_CASE("eighty zones agree with the C library from 1970 to 2199", "[unit][cron]") {
    for (const std::string& name : eighty_zones()) {
        CAPTURE(name);
        const cron::TimeZone& checked = zone(name);
        const CLibraryZone library(name);
        int wrong = 0;
        const auto compare = [&](std::int64_t utc) {
            if (checked.segment_at(utc).offset != library.offset_at(utc)) ++wrong;
        };
        for (const cron::ZoneSegment& segment : checked.segments()) {
            if (segment.change == 0 || segment.from < 0) continue;
            compare(segment.from - 1);
            compare(segment.from);
        }
        for (std::int64_t utc = 0; utc < 7258118400; utc += 9 * day + 3600) compare(utc);
        CHECK(wrong == 0);
    }
}

TEST_CASE("segments join, differ in offset and are found by any instant of theirs",
          "[unit][cron]") {
    for (const std::string& name : eighty_zones()) {
        CAPTURE(name);
        const auto segments = zone(name).segments();
        bool good = segments.front().change == 0;
        for (std::size_t i = 1; i < segments.size(); ++i) {
            const auto& [from, until, east, change] = segments[i];
            good = good && from == segments[i - 1].until && from < until && change != 0 &&
                   change == east - segments[i - 1].offset;
            good = good && &zone(name).segment_at(from) == &segments[i] &&
                   &zone(name).segment_at(from - 1) == &segments[i - 1];
        }
        CHECK(good);
    }
}

TEST_CASE("the footer rule reaches beyond the listed changes", "[unit][cron]") {
    for (const char* year : {"2038", "2106", "2199"}) {
        const std::string july = fmt::format("{}-07-15", year);
        const std::string january = fmt::format("{}-01-15", year);
        CAPTURE(year);
        CHECK(offset("America/New_York", july) == -4 * 3600);
        CHECK(offset("America/New_York", january) == -5 * 3600);
        CHECK(offset("Europe/Dublin", july) == 3600);
        CHECK(offset("Europe/Dublin", january) == 0);
        CHECK(offset("Australia/Lord_Howe", july) == 37800);
        CHECK(offset("Australia/Lord_Howe", january) == 39600);
    }
}

TEST_CASE("a file with few changes means the same as a full one", "[unit][cron]") {
    // What a slim file of New York holds: changes end in 2007, the footer says the rest.
    const std::string full = bytes_of("America/New_York");
    const auto decoded = cron::decode_tzif(full);
    REQUIRE(decoded.has_value());
    std::string slim;
    const auto add = [&slim](std::uint64_t value, int bytes) {
        for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
            slim += static_cast<char>(value >> shift & 0xff);
    };
    const auto add_header = [&](std::size_t times, std::uint64_t types, std::uint64_t chars) {
        slim += "TZif2";
        slim.append(15, '\0');
        for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0},
                                          std::uint64_t{times}, types, chars})
            add(count, 4);
    };
    std::vector<cron::OffsetChange> listed = decoded->changes;
    while (listed.back().at > at("2007-11-04 06:00").time_since_epoch().count()) listed.pop_back();
    constexpr std::int32_t standard = -5 * 3600;
    add_header(0, 1, 1);
    slim.append(7, '\0');
    add_header(listed.size(), 2, 4);
    for (const auto& change : listed) add(static_cast<std::uint64_t>(change.at), 8);
    for (const auto& change : listed) slim += change.offset == standard ? '\0' : '\1';
    for (const std::int32_t type : {standard, standard + 3600}) {
        add(static_cast<std::uint32_t>(type), 4);
        slim.append(2, '\0');
    }
    slim.append("EST\0", 4);
    slim += "\nEST5EDT,M3.2.0,M11.1.0\n";
    const auto from_slim = cron::decode_tzif(slim);
    REQUIRE(from_slim.has_value());
    const cron::TimeZone a("a", decoded->first_offset, decoded->changes, 0);
    const cron::TimeZone b("b", from_slim->first_offset, from_slim->changes, 0);
    for (std::int64_t utc = 0; utc < 7258118400; utc += 5 * day + 1234)
        if (a.segment_at(utc).offset != b.segment_at(utc).offset) FAIL(utc);
    SUCCEED();
}

TEST_CASE("damaged files are refused, whatever the damage", "[unit][cron]") {
    const std::string good = bytes_of("Europe/Berlin");
    REQUIRE(cron::decode_tzif(good).has_value());
    for (std::size_t size = 0; size + 1 < good.size(); size += 7)
        CHECK_FALSE(cron::decode_tzif(good.substr(0, size)).has_value());
    std::uint32_t random = 1;
    for (int i = 0; i < 3000; ++i) {
        std::string bad = good;
        for (int flips = 0; flips < 3; ++flips) {
            random = random * 1664525 + 1013904223;
            bad[(random >> 8) % bad.size()] = static_cast<char>(random >> 3);
        }
        const auto decoded = cron::decode_tzif(bad);
        if (decoded) cron::TimeZone("bad", decoded->first_offset, decoded->changes, 0);
    }
    CHECK_FALSE(cron::decode_tzif("").has_value());
    std::string old = good;
    old[4] = '\0';
    CHECK(cron::decode_tzif(old).error() == "the file has the old format, version 1");
}

TEST_CASE("zone names are exact, and refusals name the nearest one", "[unit][cron]") {
    const auto refusal = [](const std::string& name) {
        const auto loaded = cron::TimeZone::load(name);
        REQUIRE_FALSE(loaded.has_value());
        return loaded.error();
    };
    CHECK(refusal("Europe/berlin").nearest == "Europe/Berlin");
    CHECK(refusal("Europe/Berlim").nearest == "Europe/Berlin");
    CHECK(refusal("Berlin").nearest == "Europe/Berlin");
    CHECK(refusal("America/New York").nearest == "America/New_York");
    CHECK(refusal("right/Europe/Berlin").nearest == "Europe/Berlin");
    CHECK(refusal("Qwertyuiop/Asdfghjkl").nearest.empty());
    CHECK(refusal("Europe/Berlim").message() ==
          "time zone \"Europe/Berlim\": there is no such time zone; did you mean Europe/Berlin?");
    for (const char* name :
         {"", "../etc/passwd", "/etc/localtime", "Europe/../Europe/Berlin", "./Europe/Berlin",
          "Europe//Berlin", "Europe/Berlin/", "CET-1CEST", "EST5EDT,M3.2.0,M11.1.0",
          ":Europe/Berlin", "<+03>-3", "Europe", "right/UTC", "posix/UTC", "localtime", "tzdata.zi",
          "leapseconds", "UTC\n"}) {
        CAPTURE(name);
        CHECK_FALSE(cron::TimeZone::load(name).has_value());
    }
    CHECK_FALSE(cron::TimeZone::load(std::string("UTC\0", 4)).has_value());
    CHECK_FALSE(cron::TimeZone::load(std::string(5000, 'a')).has_value());
}

TEST_CASE("links are followed and UTC needs no file", "[unit][cron]") {
    CHECK(cron::TimeZone::load("Etc/UTC").has_value());
    CHECK(cron::TimeZone::load("US/Eastern").has_value());
    CHECK(cron::TimeZone::load("EST5EDT").has_value());
    const auto utc = cron::TimeZone::load("UTC", "/nowhere");
    REQUIRE(utc.has_value());
    CHECK((*utc)->segments().size() == 1);
    CHECK_FALSE(cron::TimeZone::load("Europe/Berlin", "/nowhere").has_value());
}

} // namespace
} // namespace agentcron
