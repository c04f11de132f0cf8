#include "oracle.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <sstream>

namespace agentcron::test {
namespace {

constexpr std::int64_t day_seconds = 86400;
constexpr std::int64_t three_hours = 3 * 3600;

std::vector<std::string> split(const std::string& text, char by) {
    std::vector<std::string> parts;
    std::stringstream stream(text);
    for (std::string part; std::getline(stream, part, by);)
        if (!part.empty()) parts.push_back(part);
    return parts;
}

int to_number(std::string text, bool upper_bound = false) {
    static const std::vector<std::string> months{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                 "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    static const std::vector<std::string> days{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
    for (char& c : text) c = static_cast<char>(std::toupper(c));
    for (std::size_t i = 0; i < months.size(); ++i)
        if (months[i] == text) return static_cast<int>(i) + 1;
    if (text == "SUN" && upper_bound) return 7;
    for (std::size_t i = 0; i < days.size(); ++i)
        if (days[i] == text) return static_cast<int>(i);
    return std::stoi(text);
}

// `*`, v, a-b, each with a step.
bool item_has(const std::string& item, int value, int min, int max) {
    const std::size_t slash = item.find('/');
    const int step = slash == std::string::npos ? 1 : std::stoi(item.substr(slash + 1));
    const std::string range = item.substr(0, slash);
    const std::size_t dash = range.find('-');
    int low = min;
    int high = max;
    if (range != "*") {
        low = to_number(range.substr(0, dash));
        high = dash == std::string::npos ? low : to_number(range.substr(dash + 1), true);
    }
    return value >= low && value <= high && (value - low) % step == 0;
}
bool field_has(const std::string& field, int value, int min, int max) {
    for (const std::string& item : split(field, ','))
        if (item_has(item, value, min, max)) return true;
    return false;
}

struct Moment {
    int second, minute, hour, day, month, year, weekday, month_days;
};
int days_in(int year, int month) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return lengths[month - 1] + (month == 2 && leap ? 1 : 0);
}
Moment moment_of(std::int64_t reading) {
    const std::time_t time = reading;
    std::tm tm{};
    gmtime_r(&time, &tm);
    return {
        tm.tm_sec,     tm.tm_min,         tm.tm_hour, tm.tm_mday,
        tm.tm_mon + 1, tm.tm_year + 1900, tm.tm_wday, days_in(tm.tm_year + 1900, tm.tm_mon + 1)};
}

int weekday_of(const Moment& m, int day) {
    return ((m.weekday + day - m.day) % 7 + 7) % 7;
}

int nearest_working_day(const Moment& m, int day) {
    for (const int step : {0, -1, 1, -2, 2}) {
        const int candidate = day + step;
        if (candidate < 1 || candidate > m.month_days) continue;
        const int weekday = weekday_of(m, candidate);
        if (weekday != 0 && weekday != 6) return candidate;
    }
    return 0;
}

bool is_day_of_month(const std::string& field, const Moment& m) {
    if (field.back() == 'W') {
        const std::string day = field.substr(0, field.size() - 1);
        int wanted = 0;
        if (day == "L")
            wanted = m.month_days;
        else if (day[0] == 'L')
            wanted = m.month_days - std::stoi(day.substr(2));
        else
            wanted = std::stoi(day);
        if (wanted < 1 || wanted > m.month_days) return false;
        return nearest_working_day(m, wanted) == m.day;
    }
    for (const std::string& item : split(field, ',')) {
        if (item == "L" && m.day == m.month_days) return true;
        if (item[0] == 'L' && item.size() > 1 && m.day == m.month_days - std::stoi(item.substr(2)))
            return true;
        if (item[0] != 'L' && item_has(item, m.day, 1, 31)) return true;
    }
    return false;
}

bool is_day_of_week(const std::string& field, const Moment& m) {
    for (const std::string& item : split(field, ',')) {
        const std::size_t hash = item.find('#');
        const bool last = item.back() == 'L';
        if (hash == std::string::npos && !last) {
            if (item_has(item, m.weekday, 0, 6)) return true;
            if (m.weekday == 0 && item != "*" && item.find("*/") != 0 && item_has(item, 7, 0, 7))
                return true;
            continue;
        }
        const std::string day = item.substr(0, hash == std::string::npos ? item.size() - 1 : hash);
        if (to_number(day) % 7 != m.weekday) continue;
        if (last && m.day + 7 > m.month_days) return true;
        if (!last && (m.day + 6) / 7 == item.back() - '0') return true;
    }
    return false;
}

bool is_free(const std::string& field) {
    return field == "?" || split(field, ',')[0] == "*";
}

struct Pattern {
    std::vector<std::string> fields; // second ... year
    std::vector<bool> seconds, minutes, hours;
    mutable std::int64_t known_day = -1;
    mutable bool known_day_matches = false;
    bool both = false;
    bool every_hour = true;
    bool interval = false;

    explicit Pattern(const std::string& text) : fields(split(text, ' ')) {
        if (fields.size() == 5) fields.insert(fields.begin(), "0");
        if (fields.size() == 6) fields.push_back("*");
        both = fields[5][0] == '+';
        if (both) fields[5].erase(0, 1);
        for (int value = 0; value < 60; ++value) {
            seconds.push_back(field_has(fields[0], value, 0, 59));
            minutes.push_back(field_has(fields[1], value, 0, 59));
            hours.push_back(value < 24 && field_has(fields[2], value, 0, 23));
            if (value < 24) every_hour = every_hour && hours.back();
        }
        interval = every_hour;
        for (int i = 0; i < 3; ++i)
            interval |=
                fields[static_cast<std::size_t>(i)].find_first_of("*-/") != std::string::npos;
    }
    bool has_date(std::int64_t reading) const {
        const Moment m = moment_of(reading);
        if (m.year < 1970 || m.year > 2199 || !field_has(fields[6], m.year, 1970, 2199) ||
            !field_has(fields[4], m.month, 1, 12))
            return false;
        const bool free_month_day = is_free(fields[3]);
        const bool free_weekday = is_free(fields[5]);
        if (free_month_day && free_weekday) return true;
        if (free_month_day) return is_day_of_week(fields[5], m);
        if (free_weekday) return is_day_of_month(fields[3], m);
        const bool a = is_day_of_month(fields[3], m);
        const bool b = is_day_of_week(fields[5], m);
        return both ? a && b : a || b;
    }
    bool has(std::int64_t reading) const {
        const std::int64_t day = reading / day_seconds;
        const auto time = static_cast<std::size_t>(reading % day_seconds);
        if (!seconds[time % 60] || !minutes[time / 60 % 60] || !hours[time / 3600]) return false;
        if (day != known_day) known_day_matches = has_date(reading);
        known_day = day;
        return known_day_matches;
    }
};

} // namespace

CLibraryZone::CLibraryZone(const std::string& name) {
    const char* previous = std::getenv("TZ");
    had_previous_ = previous != nullptr;
    if (had_previous_) previous_ = previous;
    setenv("TZ", (":" + name).c_str(), 1);
    tzset();
}

CLibraryZone::~CLibraryZone() {
    if (had_previous_)
        setenv("TZ", previous_.c_str(), 1);
    else
        unsetenv("TZ");
    tzset();
}

std::int64_t CLibraryZone::offset_at(std::int64_t utc) const {
    const std::time_t time = utc;
    std::tm tm{};
    localtime_r(&time, &tm);
    return tm.tm_gmtoff;
}

std::vector<std::int64_t> walk(const std::string& text, const std::string& zone, std::int64_t from,
                               std::int64_t until) {
    const Pattern pattern(text);
    const CLibraryZone clock(zone);
    const std::int64_t step = split(text, ' ').size() == 5 ? 30 : 1;
    std::vector<std::int64_t> times;
    std::int64_t repeated_until = 0; // readings below it occur for the second time
    std::int64_t overlap_end = from - day_seconds;
    const std::int64_t start = (from - three_hours - 30) / 30 * 30 - 30;
    std::int64_t before = clock.offset_at(start - step);
    for (std::int64_t utc = start; utc < until; utc += step) {
        const std::int64_t offset = clock.offset_at(utc);
        bool due = false;
        if (offset > before && offset - before <= three_hours && !pattern.every_hour)
            for (std::int64_t lost = utc + before; lost < utc + offset; lost += step)
                due = due || pattern.has(lost);
        if (offset < before && before - offset <= three_hours) {
            repeated_until = utc + before;
            overlap_end = utc + (before - offset);
        }
        const bool second_pass = utc < overlap_end && utc + offset < repeated_until;
        if (pattern.has(utc + offset) && (pattern.interval || !second_pass)) due = true;
        if (due && utc >= from) times.push_back(utc);
        before = offset;
        // Whole days without a matching date, here or in any zone, are passed over.
        if (utc % day_seconds == 0) {
            bool any = false;
            for (int day = -2; day <= 3; ++day)
                any = any || pattern.has_date(utc + day * day_seconds);
            if (!any && utc + day_seconds < until) {
                utc += day_seconds - step;
                before = clock.offset_at(utc);
            }
        }
    }
    return times;
}

} // namespace agentcron::test
