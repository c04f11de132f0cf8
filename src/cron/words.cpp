#include "cron/words.hpp"

#include <array>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {

std::string weekday_name(int weekday) {
    static constexpr std::array<const char*, 7> names{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
    return names.at(static_cast<std::size_t>(weekday));
}

std::string month_name(int month) {
    static constexpr std::array<const char*, 12> names{
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    return names.at(static_cast<std::size_t>(month - 1));
}

std::string ordinal(int n) {
    const int tens = n % 100;
    const char* suffix = "th";
    if (tens < 11 || tens > 13) {
        if (n % 10 == 1) suffix = "st";
        if (n % 10 == 2) suffix = "nd";
        if (n % 10 == 3) suffix = "rd";
    }
    return fmt::format("{}{}", n, suffix);
}

std::string join_words(const std::vector<std::string>& words, const char* conjunction) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? fmt::format(" {} ", conjunction) : ", ";
        out += words[i];
    }
    return out;
}

std::string join_values(const std::vector<int>& values,
                        const std::function<std::string(int)>& name) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < values.size();) {
        std::size_t end = i + 1;
        while (end < values.size() && values[end] == values[end - 1] + 1) ++end;
        if (end - i >= 3) {
            words.push_back(fmt::format("{} to {}", name(values[i]), name(values[end - 1])));
            i = end;
        } else {
            words.push_back(name(values[i++]));
        }
    }
    return join_words(words);
}

std::string duration_words(std::chrono::seconds duration) {
    struct Unit {
        std::int64_t seconds;
        const char* name;
    };
    static constexpr std::array<Unit, 5> units{
        {{604800, "week"}, {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
    std::string out;
    std::int64_t rest = duration.count();
    for (const Unit& unit : units) {
        const std::int64_t n = rest / unit.seconds;
        if (n == 0) continue;
        if (unit.seconds == 604800 && rest % unit.seconds != 0) continue; // 10 days, not weeks
        out += fmt::format("{}{} {}{}", out.empty() ? "" : " ", n, unit.name, n == 1 ? "" : "s");
        rest %= unit.seconds;
    }
    return out;
}

std::string time_text(std::int64_t reading) {
    const std::int64_t time = ((reading % 86400) + 86400) % 86400;
    std::string out = fmt::format("{:02}:{:02}", time / 3600, time / 60 % 60);
    if (time % 60 != 0) out += fmt::format(":{:02}", time % 60);
    return out;
}

std::string date_text(std::int64_t reading) {
    using namespace std::chrono;
    const year_month_day date{
        floor<days>(sys_time<std::chrono::seconds>{std::chrono::seconds{reading}})};
    return fmt::format("{:04}-{:02}-{:02}", int{date.year()}, unsigned{date.month()},
                       unsigned{date.day()});
}

} // namespace agentcron::cron
