#include "schedule/exclusions.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <spdlog/fmt/fmt.h>

namespace agentcron::schedule {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// Digits only.
std::optional<int> number_of(std::string_view text) {
    int number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

std::optional<local_days> day_of(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const auto year = number_of(text.substr(0, 4));
    const auto month = number_of(text.substr(5, 2));
    const auto day = number_of(text.substr(8, 2));
    if (!year || !month || !day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return local_days{date};
}

std::int64_t start_of(local_days day) {
    return seconds{day.time_since_epoch()}.count();
}

} // namespace

base::Result<DayRange, std::string> parse_days(std::string_view text) {
    text = base::trim(text);
    const auto slash = text.find('/');
    const auto first = day_of(text.substr(0, slash));
    const auto last = slash == std::string_view::npos ? first : day_of(text.substr(slash + 1));
    if (!first || !last)
        return fmt::format("'{}' is not a date; expected one like 2026-12-25, or a range like "
                           "2026-12-24/2027-01-01",
                           base::one_line(text, 60));
    if (*last < *first)
        return fmt::format("'{}' ends before it begins; write '{}/{}'", text,
                           text.substr(slash + 1), text.substr(0, slash));
    return DayRange{*first, *last};
}

Exclusions::Exclusions(std::vector<DayRange> ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const DayRange& a, const DayRange& b) { return a.first < b.first; });
    for (const DayRange& range : ranges) {
        if (!ranges_.empty() && range.first <= ranges_.back().last + days{1}) {
            ranges_.back().last = std::max(ranges_.back().last, range.last);
        } else {
            ranges_.push_back(range);
        }
    }
}

const DayRange* Exclusions::range_of(local_days day) const {
    const auto after =
        std::upper_bound(ranges_.begin(), ranges_.end(), day,
                         [](local_days d, const DayRange& range) { return d < range.first; });
    if (after == ranges_.begin() || std::prev(after)->last < day) return nullptr;
    return &*std::prev(after);
}

std::optional<ExcludedTime> Exclusions::around(sys_seconds instant,
                                               const cron::TimeZone& zone) const {
    if (ranges_.empty()) return std::nullopt;
    const std::int64_t utc = instant.time_since_epoch().count();
    const cron::ZoneSegment* segment = &zone.segment_at(utc);
    const std::chrono::local_seconds reading{seconds{utc + segment->offset}};
    const DayRange* range = range_of(std::chrono::floor<days>(reading));
    if (!range) return std::nullopt;

    // Segment by segment: a change of the clock may lie in the range, and may even lead out of it.
    const std::int64_t low = start_of(range->first);
    const std::int64_t high = start_of(range->last + days{1});
    const auto holds = [&](std::int64_t local) { return local >= low && local < high; };
    const cron::ZoneSegment* first = segment;
    while (first != &zone.segments().front() && low - first->offset <= first->from &&
           holds(first->from - 1 + (first - 1)->offset))
        --first;
    const cron::ZoneSegment* last = segment;
    while (last != &zone.segments().back() && high - last->offset >= last->until &&
           holds(last->until + (last + 1)->offset))
        ++last;
    return ExcludedTime{sys_seconds{seconds{std::max(first->from, low - first->offset)}},
                        sys_seconds{seconds{std::min(last->until, high - last->offset)}}};
}

} // namespace agentcron::schedule
