// When an expression fires in a zone. Pure functions of expression, zone data and instant: no
// clock, no state, no allocation. What a change of the clock does is decided here, from offsets:
//   gap of at most 3 h      a lost reading fires once, at the instant of the change, unless the
//                           expression lists all 24 hours
//   overlap of at most 3 h  fixed times fire on the first pass only, intervals on both
//   larger change           lost readings stay lost, repeated ones repeat
// Times are whole seconds of POSIX time; local years 1970 to 2199.
#pragma once

#include "cron/expression.hpp"
#include "cron/time_zone.hpp"

#include <chrono>
#include <iterator>
#include <optional>

namespace agentcron::cron {

// The largest change of an offset, in seconds, that counts as daylight saving.
inline constexpr std::int32_t daylight_change_max = 3 * 3600;

// The first fire time strictly after `after`; none if there is none before 2200, which is found out
// within microseconds. Always none for `@reboot`.
std::optional<std::chrono::sys_seconds> next(const Expression& expression, const TimeZone& zone,
                                             std::chrono::sys_seconds after);

// The last fire time strictly before `before`.
std::optional<std::chrono::sys_seconds> previous(const Expression& expression, const TimeZone& zone,
                                                 std::chrono::sys_seconds before);

// The first fire time to run once a zone's rules have changed. `last` is the last fire time that
// was handled, `last_reading` the local reading it had under the old rules: readings up to that one
// have run and are passed over. Where the new rules put `last` at a later reading, a fixed time in
// between is due in the past: the result then is before `last`, for the catch-up policy to decide.
std::optional<std::chrono::sys_seconds>
next_after_rule_change(const Expression& expression, const TimeZone& zone,
                       std::chrono::sys_seconds last, std::chrono::local_seconds last_reading);

// Whether there is any fire time at all from 1970 to 2199. `@reboot` can fire.
bool can_ever_fire(const Expression& expression, const TimeZone& zone);

// The fire times after an instant, computed one by one as the range is walked:
//   for (auto time : FireTimes(expression, zone, after)) ...
// Keeps references: expression and zone must outlive it.
class FireTimes {
public:
    FireTimes(const Expression& expression, const TimeZone& zone, std::chrono::sys_seconds after)
        : expression_(&expression), zone_(&zone), after_(after) {}
    FireTimes(Expression&&, const TimeZone&, std::chrono::sys_seconds) = delete;

    class iterator {
    public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = std::chrono::sys_seconds;
        using difference_type = std::ptrdiff_t;

        iterator() = default;
        value_type operator*() const { return *current_; }
        iterator& operator++() {
            current_ = next(*expression_, *zone_, *current_);
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return !current_; }

    private:
        friend class FireTimes;
        const Expression* expression_ = nullptr;
        const TimeZone* zone_ = nullptr;
        std::optional<value_type> current_;
    };

    iterator begin() const {
        iterator first;
        first.expression_ = expression_;
        first.zone_ = zone_;
        first.current_ = next(*expression_, *zone_, after_);
        return first;
    }
    std::default_sentinel_t end() const { return {}; }

private:
    const Expression* expression_;
    const TimeZone* zone_;
    std::chrono::sys_seconds after_;
};

} // namespace agentcron::cron
