#include "cron/time_zone.hpp"

#include "cron/zone_file.hpp"
#include "cron/zone_names.hpp"

#include <limits>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
std::string ZoneError::message() const {
    std::string out = fmt::format("time zone \"{}\": {}", name, problem);
    if (!nearest.empty() && nearest != name) out += fmt::format("; did you mean {}?", nearest);
    return out;
}

base::Result<std::shared_ptr<const TimeZone>, ZoneError>
TimeZone::load(std::string_view name, std::string_view directory) {
    const std::string dir{directory};
    auto zone = read_zone_file(name, dir);
    if (zone) return *zone;
    return ZoneError{std::string{name}, zone.error(),
                     nearest_zone_name(name, installed_zone_names(dir))};
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
