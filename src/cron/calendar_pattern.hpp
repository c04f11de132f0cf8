// The meaning of a five-, six- or seven-field pattern as sets of bits: what the search for fire
// times reads. A plain value of about a hundred bytes.
#pragma once

#include <array>
#include <cstdint>

namespace agentcron::cron {

inline constexpr int year_min = 1970;
inline constexpr int year_max = 2199;

// The years 1970-2199; bit 0 of word 0 is 1970.
struct YearSet {
    std::array<std::uint64_t, 4> words{};

    static constexpr YearSet all() {
        constexpr std::uint64_t full = ~std::uint64_t{0};
        return {{full, full, full, full >> (256 - (year_max - year_min + 1))}};
    }
    void add(int year) {
        words[static_cast<unsigned>(year - year_min) / 64] |=
            std::uint64_t{1} << (static_cast<unsigned>(year - year_min) % 64);
    }
    bool has(int year) const {
        return (words[static_cast<unsigned>(year - year_min) / 64] >>
                (static_cast<unsigned>(year - year_min) % 64)) &
               1;
    }
    friend bool operator==(const YearSet&, const YearSet&) = default;
};

// `15W`, `LW`, `L-3W`: the Monday to Friday nearest to a day, inside its month.
struct NearestWeekday {
    enum class To : std::uint8_t { none, day, last };
    To to = To::none;
    std::uint8_t number = 0; // To::day: 1-31. To::last: days before the last day, 0-30.
    friend bool operator==(const NearestWeekday&, const NearestWeekday&) = default;
};

// The two day fields together. A field that is unrestricted while the other is not adds no bits, so
// that the day set is always one OR (or, after `+`, one AND) of the two.
struct DayPattern {
    std::uint32_t days = 0;          // bit d-1: day d of the month
    std::uint32_t days_from_end = 0; // bit n: n days before the last day of the month
    NearestWeekday nearest{};
    std::uint8_t weekdays = 0;                  // bit 0 is Sunday
    std::array<std::uint8_t, 5> nth_weekdays{}; // [n-1], bit w: the nth weekday w of the month
    std::uint8_t last_weekdays = 0;             // bit w: the last weekday w of the month
    bool any_day_of_month = false;              // the field is unrestricted
    bool any_day_of_week = false;
    bool both = false; // `+`: a day must be in both fields
    bool plain = true; // only `days` and `weekdays` are in use
    friend bool operator==(const DayPattern&, const DayPattern&) = default;
};

struct CalendarPattern {
    std::uint64_t seconds = 0; // bit = value, also below
    std::uint64_t minutes = 0;
    std::uint32_t hours = 0;
    std::uint16_t months = 0; // bit 1 is January
    // Runs with the clock's rhythm rather than at fixed times: decides what a clock change does.
    bool interval = false;
    bool every_hour = false; // all 24 hours; implies `interval`
    DayPattern day{};
    YearSet years{};
    friend bool operator==(const CalendarPattern&, const CalendarPattern&) = default;
};

} // namespace agentcron::cron
