// Days on which a schedule does not fire, as its own clock counts days. Pure.
#pragma once

#include "base/result.hpp"
#include "cron/time_zone.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::schedule {

struct DayRange { // both ends included
    std::chrono::local_days first;
    std::chrono::local_days last;

    friend bool operator==(const DayRange&, const DayRange&) = default;
};

// "2026-12-25", or "2026-12-24/2027-01-01" with both ends, blanks around it allowed; the error
// is a sentence.
base::Result<DayRange, std::string> parse_days(std::string_view text);

// An uninterrupted time without fire times; half-open.
struct ExcludedTime {
    std::chrono::sys_seconds from;
    std::chrono::sys_seconds until;
};

// A set of days. Immutable.
class Exclusions {
public:
    Exclusions() = default;
    explicit Exclusions(std::vector<DayRange> ranges);

    bool empty() const { return ranges_.empty(); }
    // Sorted, disjoint, and with a day between neighbours.
    std::span<const DayRange> ranges() const { return ranges_; }

    // The excluded time around an instant, however long, so that a search steps over it at once;
    // nullopt: the instant is on no excluded day. The day is the one that the zone's clock shows at
    // the instant. Allocates nothing.
    std::optional<ExcludedTime> around(std::chrono::sys_seconds instant,
                                       const cron::TimeZone& zone) const;

private:
    const DayRange* range_of(std::chrono::local_days day) const;

    std::vector<DayRange> ranges_;
};

} // namespace agentcron::schedule
