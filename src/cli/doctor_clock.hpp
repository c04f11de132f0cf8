// What doctor makes of this machine's clock and zone data beside the server's. Pure.
#pragma once

#include "base/clock.hpp"
#include "cli/doctor_facts.hpp"
#include "cron/time_zone.hpp"

#include <functional>
#include <span>

namespace agentcron::cli {

// The server was asked for its time: when by our clock, and when its answer was here.
struct ClockSample {
    base::Instant sent;
    base::Instant server;
    base::Instant received;
};

struct ClockOffset {
    double ahead_s = 0; // of the server's clock before ours
    double within_s = 0;
    double round_trip_s = 0;
};

// From the sample with the quickest round trip, which is at least one: as NTP does it, the server
// read its clock in the middle, give or take half the trip.
ClockOffset offset_of(std::span<const ClockSample> samples);
base::Finding judge_clock(const ClockOffset& offset);

using ZoneLoader =
    std::function<base::Result<std::shared_ptr<const cron::TimeZone>, cron::ZoneError>(
        std::string_view name)>;

// `zones`: of doctor_zones, asked for the days from `from` on. `version`: of the data here, "" =
// not known.
Findings judge_zones(const db::Table& zones, base::Instant from, const ZoneLoader& load,
                     std::string_view version);

// "2025b" of the first line of tzdata.zi, "# version 2025b"; "" if it is another.
std::string zone_data_version(std::string_view first_line);

} // namespace agentcron::cli
