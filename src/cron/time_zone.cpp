#include "cron/time_zone.hpp"

#include "cron/tzif.hpp"
#include "cron/zone_names.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

std::uint64_t fnv1a(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

base::Result<std::string, std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return base::Result<std::string, std::string>{boost::system::in_place_error,
                                                      "there is no such time zone"};
    std::string bytes(file_bytes_max, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return base::Result<std::string, std::string>{boost::system::in_place_value, std::move(bytes)};
}

} // namespace

std::string ZoneError::message() const {
    std::string out = fmt::format("time zone \"{}\": {}", name, problem);
    if (!nearest.empty() && nearest != name) out += fmt::format("; did you mean {}?", nearest);
    return out;
}

base::Result<std::shared_ptr<const TimeZone>, ZoneError>
TimeZone::load(std::string_view name, std::string_view directory) {
    const std::string dir{directory};
    const auto refuse = [&](std::string problem) {
        return ZoneError{std::string{name}, std::move(problem), nearest_zone_name(name, dir)};
    };
    if (std::string problem = refuse_zone_name(name); !problem.empty()) return refuse(problem);
    const auto bytes = read_file(fmt::format("{}/{}", dir, name));
    if (!bytes) {
        if (name == "UTC" || name == "Etc/UTC") return utc();
        return refuse(bytes.error());
    }
    auto zone = decode_tzif(*bytes);
    if (!zone) return refuse(zone.error());
    return std::make_shared<const TimeZone>(std::string{name}, zone->first_offset, zone->changes,
                                            fnv1a(*bytes));
}

std::shared_ptr<const TimeZone> TimeZone::utc() {
    return std::make_shared<const TimeZone>("UTC", 0, std::span<const OffsetChange>{}, 0);
}

TimeZone::TimeZone(std::string name, std::int32_t first_offset,
                   std::span<const OffsetChange> changes, std::uint64_t data_version)
    : name_(std::move(name)), data_version_(data_version) {
    constexpr std::int64_t always = std::numeric_limits<std::int64_t>::max();
    segments_.push_back({std::numeric_limits<std::int64_t>::min(), always, first_offset, 0});
    for (const OffsetChange& change : changes) {
        ZoneSegment& before = segments_.back();
        if (change.offset == before.offset) continue;
        // Of two changes at one instant the later one counts.
        if (change.at == before.from) {
            segments_.pop_back();
            if (change.offset == segments_.back().offset) {
                segments_.back().until = always;
                continue;
            }
        }
        ZoneSegment& last = segments_.back();
        last.until = change.at;
        segments_.push_back({change.at, always, change.offset, change.offset - last.offset});
    }
    index_.resize(static_cast<std::size_t>(bucket_count));
    std::size_t segment = 0;
    for (std::int64_t bucket = 0; bucket < bucket_count; ++bucket) {
        const std::int64_t start = index_start + (bucket << bucket_bits);
        while (segments_[segment].until <= start) ++segment;
        index_[static_cast<std::size_t>(bucket)] = static_cast<std::uint16_t>(segment);
    }
}

} // namespace agentcron::cron
