#include "cron/instant_text.hpp"

#include "cron/words.hpp"

#include <array>
#include <cstdlib>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

class TextReader {
public:
    explicit TextReader(std::string_view text) : rest_(text) {}

    bool done() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly `digits` of them.
    bool number(std::size_t digits, int max, int& out) {
        if (rest_.size() < digits) return false;
        out = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') return false;
            out = out * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(digits);
        return out <= max;
    }
    void skip_digits() {
        while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9')
            rest_.remove_prefix(1);
    }

private:
    std::string_view rest_;
};

bool read_date(TextReader& reader, std::chrono::sys_days& day) {
    int year = 0;
    int month = 0;
    int date = 0;
    if (!reader.number(4, 9999, year) || !reader.take('-') || !reader.number(2, 12, month) ||
        !reader.take('-') || !reader.number(2, 31, date))
        return false;
    const std::chrono::year_month_day ymd{std::chrono::year{year},
                                          std::chrono::month{static_cast<unsigned>(month)},
                                          std::chrono::day{static_cast<unsigned>(date)}};
    day = ymd;
    return ymd.ok();
}

bool read_time(TextReader& reader, seconds& time) {
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!reader.number(2, 23, hour) || !reader.take(':') || !reader.number(2, 59, minute))
        return false;
    if (reader.take(':')) {
        if (!reader.number(2, 59, second)) return false;
        if (reader.take('.')) reader.skip_digits();
    }
    time = seconds{hour * 3600 + minute * 60 + second};
    return true;
}

// "+02:00", "+0200" or "+02", the sign taken.
bool read_offset(TextReader& reader, seconds& offset) {
    int hour = 0;
    int minute = 0;
    if (!reader.number(2, 23, hour)) return false;
    if (reader.take(':') || !reader.done())
        if (!reader.number(2, 59, minute)) return false;
    offset = seconds{hour * 3600 + minute * 60};
    return true;
}

sys_seconds instant_of_reading(std::int64_t reading, const TimeZone& zone) {
    // Offsets are smaller than a day and change less than once a day.
    const ZoneSegment* segment = &zone.segment_at(reading - 26 * 3600);
    const ZoneSegment* const last = &zone.segments().back();
    while (segment != last && reading >= segment->until + segment->offset) {
        ++segment;
        if (reading < segment->from + segment->offset) return sys_seconds{seconds{segment->from}};
    }
    return sys_seconds{seconds{reading - segment->offset}};
}

void put(char* at, int digits, unsigned value) {
    for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

// "2026-03-29T01:00:00", with `separator` for the T. Years 0 to 9999.
std::array<char, 19> date_time(sys_seconds reading, char separator) {
    const auto day = std::chrono::floor<std::chrono::days>(reading);
    const std::chrono::year_month_day date{day};
    const auto time = static_cast<unsigned>((reading - day).count());
    std::array<char, 19> text;
    put(&text[0], 4, static_cast<unsigned>(int{date.year()}));
    put(&text[5], 2, unsigned{date.month()});
    put(&text[8], 2, unsigned{date.day()});
    put(&text[11], 2, time / 3600);
    put(&text[14], 2, time / 60 % 60);
    put(&text[17], 2, time % 60);
    text[4] = text[7] = '-';
    text[10] = separator;
    text[13] = text[16] = ':';
    return text;
}

} // namespace

std::optional<sys_seconds> parse_instant(std::string_view text, const TimeZone& zone) {
    TextReader reader(text);
    std::chrono::sys_days day;
    seconds time{0};
    seconds offset{0};
    if (!read_date(reader, day)) return std::nullopt;
    if ((reader.take('T') || reader.take(' ')) && !read_time(reader, time)) return std::nullopt;
    const sys_seconds reading = day + time;
    if (reader.done()) return instant_of_reading(reading.time_since_epoch().count(), zone);
    if (reader.take('Z')) return reader.done() ? std::optional{reading} : std::nullopt;
    const bool east = reader.take('+');
    if (!east && !reader.take('-')) return std::nullopt;
    if (!read_offset(reader, offset) || !reader.done()) return std::nullopt;
    return east ? reading - offset : reading + offset;
}

void append_utc_text(std::string& out, sys_seconds instant) {
    const auto text = date_time(instant, 'T');
    out.append(text.data(), text.size());
    out += 'Z';
}

std::string utc_text(sys_seconds instant) {
    std::string out;
    append_utc_text(out, instant);
    return out;
}

std::string local_text(sys_seconds instant, const TimeZone& zone) {
    const seconds offset = zone.offset_at(instant);
    const auto text = date_time(instant + offset, ' ');
    const std::int64_t east = std::abs(offset.count());
    std::string out{text.data(), text.size()};
    out +=
        fmt::format(" {}{:02}:{:02}", offset.count() < 0 ? '-' : '+', east / 3600, east / 60 % 60);
    if (east % 60 != 0) out += fmt::format(":{:02}", east % 60);
    return out;
}

std::string distance_text(sys_seconds instant, sys_seconds now) {
    std::int64_t distance = std::abs((instant - now).count());
    if (distance == 0) return "now";
    // Cut below the second largest unit: "in 2 days 3 hours" says enough.
    for (const std::int64_t unit : {86400, 3600, 60})
        if (distance >= unit) {
            const std::int64_t next_unit = unit == 86400 ? 3600 : unit / 60;
            distance -= distance % next_unit;
            break;
        }
    const std::string words = duration_words(seconds{distance});
    return instant > now ? "in " + words : words + " ago";
}

} // namespace agentcron::cron
