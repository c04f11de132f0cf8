// The offsets from UTC that a place uses, from its TZif file: every change from 1970 to 2199,
// those after the file's last one computed from its footer rule.
// Immutable, so any number of threads may share one. Zones come from TimeZone::load() (always reads
// the file) or from a ZoneCache.
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::cron {

inline constexpr std::string_view zoneinfo_directory = "/usr/share/zoneinfo";

struct ZoneError {
    std::string name;    // as asked for
    std::string problem; // a clause without a full stop
    std::string nearest; // the known zone with the most similar name, or empty

    std::string message() const;
};

// A stretch of time with one offset. Neighbours differ in offset. Seconds; UTC is POSIX time.
struct ZoneSegment {
    std::int64_t from;   // first second, UTC
    std::int64_t until;  // first second after it, UTC
    std::int32_t offset; // local reading = UTC + offset
    std::int32_t change; // offset minus the segment before's; 0 in the first segment
};

// One change of the offset, as segment_at() and the builder of a zone see it.
struct OffsetChange {
    std::int64_t at; // UTC seconds
    std::int32_t offset;
};

class TimeZone {
public:
    // Reads `name` below `directory`. Names are exact ("Europe/Berlin"); links are followed.
    // Refuses POSIX rules ("CET-1CEST"), `right/` and `posix/`, and anything that leaves the
    // directory.
    static base::Result<std::shared_ptr<const TimeZone>, ZoneError>
    load(std::string_view name, std::string_view directory = zoneinfo_directory);

    // "UTC"; needs no file.
    static std::shared_ptr<const TimeZone> utc();

    // `changes` ascend in time; those that keep the offset are dropped.
    TimeZone(std::string name, std::int32_t first_offset, std::span<const OffsetChange> changes,
             std::uint64_t data_version);

    const std::string& name() const { return name_; }
    // A hash of the zone's file: when it differs from a stored one, stored fire times are stale.
    std::uint64_t data_version() const { return data_version_; }

    std::span<const ZoneSegment> segments() const { return segments_; }
    // The segment that holds `utc`; an instant out of range belongs to the first or last one.
    const ZoneSegment& segment_at(std::int64_t utc) const {
        const std::int64_t bucket = (utc - index_start) >> bucket_bits;
        if (bucket < 0) return segments_.front();
        if (bucket >= bucket_count) return segments_.back();
        const ZoneSegment* segment = &segments_[index_[static_cast<std::size_t>(bucket)]];
        while (utc >= segment->until) ++segment;
        return *segment;
    }
    std::chrono::seconds offset_at(std::chrono::sys_seconds instant) const {
        return std::chrono::seconds{segment_at(instant.time_since_epoch().count()).offset};
    }

private:
    // An index by buckets of 2^23 s (97 days) from 1969 to 2200 makes the search one load.
    static constexpr std::int64_t index_start = -(std::int64_t{1} << 23);
    static constexpr int bucket_bits = 23;
    static constexpr std::int64_t bucket_count = 870;

    std::string name_;
    std::uint64_t data_version_;
    std::vector<ZoneSegment> segments_;
    std::vector<std::uint16_t> index_;
};

} // namespace agentcron::cron
