// What the writer of a refused field most likely meant, in this dialect.
#include "cron/nickname.hpp"
#include "cron/parse_error.hpp"

#include "cron/item_reader.hpp"

#include <algorithm>
#include <charconv>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

// An item as text: low ["-" high] ["/" step].
struct ItemText {
    std::string_view low;
    std::string_view high; // empty if there is no range
    std::string_view step; // empty if there is none
};
ItemText split_item(std::string_view text) {
    ItemText item;
    if (const std::size_t slash = text.find('/'); slash != text.npos) {
        item.step = text.substr(slash + 1);
        text = text.substr(0, slash);
    }
    if (const std::size_t dash = text.find('-'); dash != text.npos) {
        item.high = text.substr(dash + 1);
        text = text.substr(0, dash);
    }
    item.low = text;
    return item;
}

int number_of(std::string_view text) {
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? number : -1;
}
int value_of(Field field, std::string_view text) {
    if (text.size() == 3 && number_of(text) < 0) return value_of_name(field, text);
    return number_of(text);
}

std::string upper(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}
std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}
std::string replaced(std::string_view text, char from, std::string_view to) {
    std::string out;
    for (const char c : text) c == from ? out += to : out += c;
    return out;
}

// 22-4 is 22-23,0-4; FRI-MON is FRI-SUN,MON. With a step the values are listed.
std::string rising(const Fault& fault) {
    const ItemText item = split_item(fault.text);
    const FieldLimits& limits = limits_of(fault.field);
    const int low = value_of(fault.field, item.low);
    const int high = value_of(fault.field, item.high);
    if (low < 0 || high < 0) return "";
    if (fault.field == Field::year) return fmt::format("{}-{}", item.high, item.low);
    const bool week = fault.field == Field::day_of_week;
    const int size = static_cast<int>(limits.wildcard_max - limits.min) + 1;
    if (!item.step.empty()) {
        const int step = number_of(item.step);
        if (step < 1) return "";
        std::string list;
        for (int at = low; at <= high + size; at += step) {
            const int value = at > static_cast<int>(limits.wildcard_max) ? at - size : at;
            list += fmt::format("{}{}", list.empty() ? "" : ",", value);
        }
        return list;
    }
    const bool named = number_of(item.low) < 0;
    const auto text = [&](int value, std::string_view name) {
        return named ? std::string{name} : std::to_string(value);
    };
    // Sunday ends the first part as 7, so the second one starts on Monday.
    const std::string end = text(static_cast<int>(limits.max), week ? "SUN" : "DEC");
    const int begin_value = week ? 1 : static_cast<int>(limits.min);
    const std::string begin = text(begin_value, week ? "MON" : "JAN");
    std::string out = low == static_cast<int>(limits.max) ? std::string{item.low}
                                                          : fmt::format("{}-{}", item.low, end);
    if (high < begin_value) return out;
    out += high == begin_value ? fmt::format(",{}", item.high)
                               : fmt::format(",{}-{}", begin, item.high);
    return out;
}

// A step that is longer than its field was meant as a period: */90 in minutes is @every 90m.
std::string as_period(Field field, int step) {
    constexpr std::string_view units{"smhd\0d", 6}; // by Field; months have no fixed length
    const auto index = static_cast<std::size_t>(field);
    if (step <= 0 || index >= units.size() || units[index] == '\0') return "";
    return fmt::format("@every {}{}", step, units[index]);
}

std::string with_range(const Fault& fault) {
    const ItemText item = split_item(fault.text);
    const FieldLimits& limits = limits_of(fault.field);
    const int step = number_of(item.step);
    if (step > static_cast<int>(limits.step_max)) return as_period(fault.field, step);
    if (item.low.empty()) return fmt::format("*/{}", item.step);
    return fmt::format("{}-{}/{}", item.low, limits.wildcard_max, item.step);
}

// 1-5#2 is 1#2,2#2,3#2,4#2,5#2.
std::string one_by_one(const Fault& fault) {
    const std::size_t suffix = fault.text.find_first_of("#L");
    const ItemText item = split_item(fault.text.substr(0, suffix));
    const int low = value_of(fault.field, item.low);
    int high = value_of(fault.field, item.high);
    if (high == 0) high = 7;
    if (low < 0 || high < low || !item.step.empty() || suffix == fault.text.npos) return "";
    std::string list;
    for (int day = low; day <= high; ++day)
        list += fmt::format("{}{}{}", list.empty() ? "" : ",", day, fault.text.substr(suffix));
    return list;
}

// a~b is H(a-b).
std::string as_hash(const Fault& fault) {
    std::string_view text = fault.text;
    std::string_view step;
    if (const std::size_t slash = text.find('/'); slash != text.npos) {
        step = text.substr(slash);
        text = text.substr(0, slash);
    }
    const std::size_t tilde = text.find('~');
    const std::string_view low = text.substr(0, tilde);
    const std::string_view high = text.substr(tilde + 1);
    if (low.empty() && high.empty()) return fmt::format("H{}", step);
    const FieldLimits& limits = limits_of(fault.field);
    return fmt::format("H({}-{}){}", low.empty() ? std::to_string(limits.min) : low,
                       high.empty() ? std::to_string(limits.wildcard_max) : high, step);
}

// MONDAY-FRIDAY is MON-FRI: every run of letters is cut to three.
std::string short_names(std::string_view text) {
    std::string out;
    int letters = 0;
    for (const char c : text) {
        const bool letter = static_cast<unsigned char>((c | 0x20) - 'a') < 26;
        letters = letter ? letters + 1 : 0;
        if (letters <= 3) out += c;
    }
    return out;
}

std::string without_empty_items(std::string_view field) {
    std::string out;
    for (const char c : field)
        if (c != ',' || (!out.empty() && out.back() != ',')) out += c;
    while (!out.empty() && out.back() == ',') out.pop_back();
    return out;
}

// 24 and 60 mean 0 where they stand alone, and the end of the field where they end a range.
std::string in_range(const Fault& fault) {
    const FieldLimits& limits = limits_of(fault.field);
    const std::string above = std::to_string(limits.max + 1);
    const ItemText item = split_item(fault.text);
    if (limits.min != 0 || fault.field == Field::day_of_week) return "";
    if (item.low == above && item.high.empty() && item.step.empty()) return "0";
    if (item.high != above) return "";
    return fmt::format("{}-{}{}{}", item.low, limits.max, item.step.empty() ? "" : "/", item.step);
}

std::string as_fields(std::string_view nickname) {
    struct Known {
        std::string_view name;
        std::string_view fields;
    };
    static constexpr Known known[] = {{"@minutely", "* * * * *"},
                                      {"@every_minute", "* * * * *"},
                                      {"@secondly", "* * * * * *"},
                                      {"@every_second", "* * * * * *"},
                                      {"@weekdays", "0 0 * * 1-5"},
                                      {"@weekday", "0 0 * * 1-5"},
                                      {"@weekends", "0 0 * * 6,0"},
                                      {"@weekend", "0 0 * * 6,0"},
                                      {"@quarterly", "0 0 1 1,4,7,10 *"},
                                      {"@semiannually", "0 0 1 1,7 *"},
                                      {"@noon", "0 12 * * *"},
                                      {"@every_hour", "0 * * * *"},
                                      {"@every_day", "0 0 * * *"}};
    const std::string name = lower(nickname);
    for (const Known& entry : known)
        if (entry.name == name) return std::string{entry.fields};
    std::chrono::seconds period{};
    if (name.starts_with("@every") && name.size() > 7) {
        const std::size_t digits = name.find_first_of("0123456789");
        if (digits != name.npos && guess_period(std::string_view{name}.substr(digits), period))
            return fmt::format("@every {}", every_text(period));
    }
    return "";
}

std::string cut_at_blank(std::string_view text) {
    return std::string{text.substr(0, text.find_first_of(" \t"))};
}

std::string rewrite_of_pattern(const Fault& fault) {
    std::chrono::seconds period{};
    switch (fault.mistake) {
    case Mistake::nickname_case: return lower(fault.text);
    case Mistake::nickname_unknown: return as_fields(fault.text);
    case Mistake::nickname_with_more: return cut_at_blank(fault.text);
    case Mistake::every_bad_duration:
    case Mistake::every_order: return guess_period(fault.text, period) ? every_text(period) : "";
    default: return "";
    }
}

} // namespace

std::string propose_rewrite(const Fault& fault) {
    const std::string_view text = fault.text;
    switch (fault.mistake) {
    case Mistake::empty_item: return without_empty_items(text);
    case Mistake::full_name: return short_names(text);
    case Mistake::too_many_digits: {
        const std::size_t start = text.find_first_not_of('0');
        return start == text.npos ? "0" : std::string{text.substr(start)};
    }
    case Mistake::year_digits: {
        const int year = text.size() == 2 ? number_of(text) : -1;
        return year < 0 ? "" : std::to_string(year < 70 ? 2000 + year : 1900 + year);
    }
    case Mistake::out_of_range: return in_range(fault);
    case Mistake::descending: return rising(fault);
    case Mistake::step_without_range: return with_range(fault);
    case Mistake::step_missing:
    case Mistake::step_zero: return std::string{text.substr(0, text.find('/'))};
    case Mistake::step_too_large: return as_period(fault.field, number_of(split_item(text).step));
    case Mistake::wildcard_with_more: return text == "**" ? "*" : "";
    case Mistake::question_mark: return replaced(text, '?', "*");
    case Mistake::plus_misplaced: return replaced(text, '+', "");
    case Mistake::lower_case: return upper(text);
    case Mistake::random: return as_hash(fault);
    case Mistake::last_without_day: return text == "L" ? "SAT#L" : "";
    case Mistake::last_offset: return text == "L-0" ? "L" : "";
    case Mistake::nth_number: return text.ends_with("#6") ? replaced(text, '6', "L") : "";
    case Mistake::day_range_with_suffix: return one_by_one(fault);
    default: return rewrite_of_pattern(fault);
    }
}

} // namespace agentcron::cron
