#include "cron/tzif.hpp"

#include "cron/posix_rule.hpp"
#include "cron/readings.hpp"

#include <limits>

namespace agentcron::cron {
namespace {

constexpr std::size_t header_bytes = 44;
constexpr std::size_t type_bytes = 6;
// Changes before this day have no reading in 1970 or later, in any zone.
constexpr std::int64_t earliest = -7 * 86400;
constexpr int rule_year_max = 2200;
constexpr std::size_t changes_max = 20000;

// Big-endian, two's complement.
std::int64_t read_number(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    if (size == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
    return static_cast<std::int64_t>(value);
}

struct Header {
    std::size_t version = 0;
    std::size_t is_ut = 0, is_standard = 0, leap = 0, times = 0, types = 0, chars = 0;

    // The length of the block that follows the header.
    std::size_t block_bytes(std::size_t time_bytes) const {
        return times * (time_bytes + 1) + types * type_bytes + chars + leap * (time_bytes + 4) +
               is_standard + is_ut;
    }
};

bool read_header(std::string_view bytes, std::size_t at, Header& header) {
    if (bytes.size() < at + header_bytes || bytes.substr(at, 4) != "TZif") return false;
    const auto count = [&](std::size_t n) {
        const auto value = static_cast<std::uint32_t>(read_number(bytes, at + 20 + 4 * n, 4));
        return static_cast<std::size_t>(value);
    };
    header.version = static_cast<unsigned char>(bytes[at + 4]);
    header.is_ut = count(0);
    header.is_standard = count(1);
    header.leap = count(2);
    header.times = count(3);
    header.types = count(4);
    header.chars = count(5);
    return true;
}

std::string check_header(const Header& header) {
    if (header.leap != 0) return "it counts leap seconds, which POSIX time does not have";
    if (header.types == 0 || header.types > 256 || header.times > changes_max ||
        header.chars > 4096 || header.is_ut > 256 || header.is_standard > 256)
        return "the file's header makes no sense";
    return {};
}

base::Result<DecodedZone, std::string> read_block(std::string_view bytes, std::size_t at,
                                                  const Header& header) {
    const std::size_t indices = at + header.times * 8;
    const std::size_t types = indices + header.times;
    const auto offset_of = [&](std::size_t type) {
        return static_cast<std::int32_t>(read_number(bytes, types + type * type_bytes, 4));
    };
    for (std::size_t type = 0; type < header.types; ++type)
        if (offset_of(type) <= -25 * 3600 || offset_of(type) >= 26 * 3600)
            return std::string{"an offset in the file is larger than a day"};
    DecodedZone zone;
    zone.first_offset = offset_of(0);
    std::int64_t previous = std::numeric_limits<std::int64_t>::min();
    for (std::size_t i = 0; i < header.times; ++i) {
        const std::int64_t when = read_number(bytes, at + i * 8, 8);
        const auto type = static_cast<unsigned char>(bytes[indices + i]);
        if (type >= header.types || when <= previous)
            return std::string{"the changes in the file are out of order"};
        previous = when;
        if (when < earliest)
            zone.first_offset = offset_of(type);
        else
            zone.changes.push_back({when, offset_of(type)});
    }
    return zone;
}

int year_of(std::int64_t utc) {
    const std::chrono::sys_seconds instant{std::chrono::seconds{utc}};
    const auto day = std::chrono::floor<std::chrono::days>(instant);
    return int{std::chrono::year_month_day{day}.year()};
}

} // namespace

base::Result<DecodedZone, std::string> decode_tzif(std::string_view bytes) {
    Header header;
    if (!read_header(bytes, 0, header)) return std::string{"it is not a time zone file"};
    if (header.version < '2') return std::string{"the file has the old format, version 1"};
    const std::size_t second = header_bytes + header.block_bytes(4);
    if (!read_header(bytes, second, header)) return std::string{"the file is cut short"};
    if (std::string problem = check_header(header); !problem.empty()) return problem;
    const std::size_t block = second + header_bytes;
    const std::size_t footer = block + header.block_bytes(8);
    if (bytes.size() < footer + 2 || bytes[footer] != '\n' || bytes.back() != '\n')
        return std::string{"the file is cut short"};

    auto zone = read_block(bytes, block, header);
    if (!zone) return zone;
    const std::string_view rule_text = bytes.substr(footer + 1, bytes.size() - footer - 2);
    if (rule_text.empty()) return zone; // the last offset stays
    const auto rule = parse_posix_rule(rule_text);
    if (!rule) return std::string{"the rule at the end of the file makes no sense"};
    std::int64_t last = earliest;
    if (!zone->changes.empty()) last = zone->changes.back().at;
    if (last > end_of_readings) return zone;
    if (header.times == 0) zone->first_offset = rule->standard_offset;
    append_rule_changes(*rule, year_of(last), rule_year_max, last, zone->changes);
    return zone;
}

} // namespace agentcron::cron
