#include "base/timestamps.hpp"

#include "base/check.hpp"

#include <optional>
#include <spdlog/fmt/fmt.h>

namespace agentcron::base {

namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::microseconds;

// Takes fixed forms from the front of a text.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    std::optional<int> digits(std::size_t count) {
        if (rest_.size() < count) return std::nullopt;
        int value = 0;
        for (const char c : rest_.substr(0, count)) {
            if (c < '0' || c > '9') return std::nullopt;
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(count);
        return value;
    }
    bool one_of(std::string_view characters) {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    char front() const { return rest_.empty() ? '\0' : rest_.front(); }
    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

std::optional<std::chrono::sys_days> read_date(Reader& in) {
    const auto year = in.digits(4);
    if (!year || !in.one_of("-")) return std::nullopt;
    const auto month = in.digits(2);
    if (!month || !in.one_of("-")) return std::nullopt;
    const auto day = in.digits(2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days{date};
}

std::optional<microseconds> read_time_of_day(Reader& in) {
    const auto hour = in.digits(2);
    if (!hour || *hour > 23 || !in.one_of(":")) return std::nullopt;
    const auto minute = in.digits(2);
    if (!minute || *minute > 59 || !in.one_of(":")) return std::nullopt;
    const auto second = in.digits(2);
    if (!second || *second > 59) return std::nullopt;
    microseconds time =
        std::chrono::hours{*hour} + std::chrono::minutes{*minute} + std::chrono::seconds{*second};
    if (!in.one_of(".")) return time;
    microseconds unit{100'000};
    auto digit = in.digits(1);
    if (!digit) return std::nullopt;
    for (; digit; digit = in.digits(1)) {
        time += *digit * unit;
        unit /= 10;
    }
    return time;
}

// What local time is ahead of UTC.
std::optional<std::chrono::minutes> read_offset(Reader& in) {
    if (in.one_of("Zz")) return std::chrono::minutes{0};
    const bool west = in.front() == '-';
    if (!in.one_of("+-")) return std::nullopt;
    const auto hours = in.digits(2);
    if (!hours || *hours > 23 || !in.one_of(":")) return std::nullopt;
    const auto minutes = in.digits(2);
    if (!minutes || *minutes > 59) return std::nullopt;
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return west ? -offset : offset;
}

} // namespace

std::string to_rfc3339(Instant instant) {
    const auto day = floor<days>(instant);
    const std::chrono::year_month_day date{day};
    const int year = static_cast<int>(date.year());
    AGENTCRON_CHECK(year >= 0 && year <= 9999, "year {}", year);
    const std::chrono::hh_mm_ss time{instant - day};
    std::string text =
        fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", year,
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    time.hours().count(), time.minutes().count(), time.seconds().count());
    if (time.subseconds().count() != 0) {
        text += fmt::format(".{:06}", time.subseconds().count());
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text + "Z";
}

Result<Instant, std::string> from_rfc3339(std::string_view text) {
    Reader in(text);
    const auto date = read_date(in);
    const bool separated = date && in.one_of("Tt ");
    const auto time = separated ? read_time_of_day(in) : std::nullopt;
    const auto offset = time ? read_offset(in) : std::nullopt;
    if (!offset || !in.at_end()) {
        return fmt::format("'{}' is not a time; write it like 2026-03-29T01:00:00Z or "
                           "2026-03-29T03:00:00+02:00",
                           text.substr(0, 40));
    }
    return Instant{*date} + *time - *offset;
}

} // namespace agentcron::base
