#include "cron/posix_rule.hpp"

#include <algorithm>

namespace agentcron::cron {
namespace {

class RuleReader {
public:
    explicit RuleReader(std::string_view text) : rest_(text) {}

    bool done() const { return rest_.empty(); }
    char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
    bool take(char c) {
        if (peek() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    // "EST" or "<-03>".
    bool skip_name() {
        if (take('<')) {
            const std::size_t end = rest_.find('>');
            if (end == rest_.npos) return false;
            rest_.remove_prefix(end + 1);
            return true;
        }
        std::size_t letters = 0;
        while (letters < rest_.size() && ((rest_[letters] | 0x20) >= 'a') &&
               ((rest_[letters] | 0x20) <= 'z'))
            ++letters;
        rest_.remove_prefix(letters);
        return letters >= 3;
    }

    bool number(int max, int& out) {
        std::size_t digits = 0;
        int value = 0;
        for (; digits < rest_.size() && digits < 4 && rest_[digits] >= '0' && rest_[digits] <= '9';
             ++digits)
            value = value * 10 + (rest_[digits] - '0');
        rest_.remove_prefix(digits);
        out = value;
        return digits > 0 && value <= max;
    }

    // [+-]h[:m[:s]] in seconds.
    bool time(int hours_max, std::int32_t& out) {
        const bool negative = take('-');
        if (!negative) take('+');
        int hours = 0;
        int minutes = 0;
        int seconds = 0;
        if (!number(hours_max, hours)) return false;
        if (take(':') && !number(59, minutes)) return false;
        if (take(':') && !number(59, seconds)) return false;
        out = hours * 3600 + minutes * 60 + seconds;
        if (negative) out = -out;
        return true;
    }

    bool date(RuleDate& out) {
        if (!take(',')) return false;
        bool good = false;
        if (take('M')) {
            out.form = RuleDate::Form::month_week_day;
            good = number(12, out.month) && out.month > 0 && take('.') && number(5, out.week) &&
                   out.week > 0 && take('.') && number(6, out.day);
        } else if (take('J')) {
            out.form = RuleDate::Form::julian;
            good = number(365, out.day) && out.day > 0;
        } else {
            out.form = RuleDate::Form::day_of_year;
            good = number(365, out.day);
        }
        if (!good) return false;
        return !take('/') || time(167, out.time);
    }

private:
    std::string_view rest_;
};

// Days since 1970-01-01.
std::int64_t day_of(const RuleDate& rule, int year) {
    using namespace std::chrono;
    const sys_days new_year = sys_days{std::chrono::year{year} / 1 / 1};
    switch (rule.form) {
    case RuleDate::Form::day_of_year: return new_year.time_since_epoch().count() + rule.day;
    case RuleDate::Form::julian: {
        const bool leap = std::chrono::year{year}.is_leap() && rule.day >= 60;
        return new_year.time_since_epoch().count() + rule.day - (leap ? 0 : 1);
    }
    case RuleDate::Form::month_week_day: break;
    }
    const year_month month = std::chrono::year{year} / rule.month;
    const weekday day{static_cast<unsigned>(rule.day)};
    const sys_days date = rule.week == 5 ? sys_days{month / day[last]}
                                         : sys_days{month / day[static_cast<unsigned>(rule.week)]};
    return date.time_since_epoch().count();
}

} // namespace

std::optional<PosixRule> parse_posix_rule(std::string_view text) {
    RuleReader reader(text);
    PosixRule rule;
    std::int32_t west = 0;
    if (!reader.skip_name() || !reader.time(24, west)) return std::nullopt;
    rule.standard_offset = -west;
    if (reader.done()) return rule;
    rule.has_daylight = true;
    rule.daylight_offset = rule.standard_offset + 3600;
    if (!reader.skip_name()) return std::nullopt;
    if (reader.peek() != ',') {
        if (!reader.time(24, west)) return std::nullopt;
        rule.daylight_offset = -west;
    }
    if (!reader.date(rule.daylight_start) || !reader.date(rule.daylight_end) || !reader.done())
        return std::nullopt;
    return rule;
}

void append_rule_changes(const PosixRule& rule, int first_year, int last_year, std::int64_t after,
                         std::vector<OffsetChange>& changes) {
    if (!rule.has_daylight) return;
    const auto first = changes.size();
    for (int year = first_year; year <= last_year; ++year) {
        const std::int64_t start = day_of(rule.daylight_start, year) * 86400 +
                                   rule.daylight_start.time - rule.standard_offset;
        const std::int64_t end =
            day_of(rule.daylight_end, year) * 86400 + rule.daylight_end.time - rule.daylight_offset;
        if (start > after) changes.push_back({start, rule.daylight_offset});
        if (end > after) changes.push_back({end, rule.standard_offset});
    }
    // Where daylight saving lasts all year its end meets the next start: the start wins.
    std::stable_sort(changes.begin() + static_cast<std::ptrdiff_t>(first), changes.end(),
                     [&](const OffsetChange& a, const OffsetChange& b) {
                         if (a.at != b.at) return a.at < b.at;
                         return a.offset == rule.standard_offset &&
                                b.offset == rule.daylight_offset;
                     });
}

} // namespace agentcron::cron
