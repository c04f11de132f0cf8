#include "cron/nickname.hpp"

#include <array>
#include <charconv>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

constexpr std::array<Nickname, 8> table{{{"@yearly", "0 0 1 1 *"},
                                         {"@annually", "0 0 1 1 *"},
                                         {"@monthly", "0 0 1 * *"},
                                         {"@weekly", "0 0 * * 0"},
                                         {"@daily", "0 0 * * *"},
                                         {"@midnight", "0 0 * * *"},
                                         {"@hourly", "0 * * * *"},
                                         {"@reboot", ""}}};

struct Unit {
    char letter;
    std::int64_t seconds;
};
constexpr std::array<Unit, 5> units{
    {{'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};

constexpr std::int64_t period_max = std::int64_t{230} * 366 * 86400; // all supported years
constexpr std::string_view every = "@every";

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// n"w" n"d" n"h" n"m" n"s": each unit at most once, in this order.
Mistake read_period(std::string_view text, std::int64_t& seconds, bool& whole_days) {
    seconds = 0;
    std::size_t next_unit = 0;
    for (std::size_t at = 0; at < text.size();) {
        std::int64_t number = 0;
        const std::size_t digits = at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
            number = number * 10 + (text[at] - '0');
            if (number > period_max) return Mistake::every_too_long;
        }
        if (at == digits || at == text.size()) return Mistake::every_bad_duration;
        std::size_t unit = 0;
        while (unit < units.size() && units[unit].letter != text[at]) ++unit;
        if (unit == units.size()) return Mistake::every_bad_duration;
        if (unit < next_unit) return Mistake::every_order;
        next_unit = unit + 1;
        seconds += number * units[unit].seconds;
        if (unit < 2 && number > 0) whole_days = true;
        if (seconds > period_max) return Mistake::every_too_long;
        ++at;
    }
    return seconds == 0 ? Mistake::every_too_short : Mistake::none;
}

bool parse_every(std::string_view pattern, const ParseOptions& options, Expression& out,
                 Fault& fault) {
    std::string_view duration = pattern.substr(every.size());
    while (!duration.empty() && is_blank(duration.front())) duration.remove_prefix(1);
    fault.field = Field::pattern;
    fault.text = duration.empty() ? pattern : duration;
    fault.mistake = Mistake::every_without_duration;
    if (duration.empty()) return false;
    std::int64_t seconds = 0;
    Spelling spelling;
    fault.mistake = read_period(duration, seconds, spelling.whole_days);
    if (fault.mistake != Mistake::none) return false;
    out = Expression::every(std::chrono::seconds{seconds}, options.anchor, spelling);
    return true;
}

// Reads "1.5 Hours" and the like.
struct PeriodGuess {
    std::string_view rest;

    bool take_number(double& out) {
        const auto [end, error] =
            std::from_chars(rest.data(), rest.data() + rest.size(), out, std::chars_format::fixed);
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        skip_blanks();
        return error == std::errc{} && out >= 0;
    }
    bool take_unit(std::size_t& unit) {
        static constexpr std::string_view words[] = {
            " w week weeks ", " d day days ", " h hr hrs hour hours ",
            " m min mins minute minutes ", " s sec secs second seconds "};
        std::string word = " ";
        while (!rest.empty() && (rest.front() | 0x20) >= 'a' && (rest.front() | 0x20) <= 'z') {
            word += static_cast<char>(rest.front() | 0x20);
            rest.remove_prefix(1);
        }
        skip_blanks();
        word += ' ';
        for (unit = 0; unit < units.size(); ++unit)
            if (word.size() > 2 && words[unit].find(word) != std::string_view::npos) return true;
        return false;
    }
    void skip_blanks() {
        while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    }
};

bool equal_in_any_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if ((a[i] | 0x20) != (b[i] | 0x20)) return false;
    return true;
}

} // namespace

std::span<const Nickname> nicknames() {
    return table;
}

bool parse_nickname(std::string_view pattern, const ParseOptions& options, Expression& out,
                    Fault& fault) {
    if (pattern.starts_with(every) &&
        (pattern.size() == every.size() || is_blank(pattern[every.size()])))
        return parse_every(pattern, options, out, fault);
    for (const Nickname& nickname : table) {
        if (nickname.name != pattern) continue;
        out = nickname.fields.empty() ? Expression::reboot() : *parse(nickname.fields, options);
        return true;
    }
    const std::string_view word = pattern.substr(0, pattern.find_first_of(" \t"));
    fault = {Mistake::nickname_unknown, Field::pattern, pattern};
    if (equal_in_any_case(word, every)) fault.mistake = Mistake::nickname_case;
    for (const Nickname& nickname : table)
        if (equal_in_any_case(word, nickname.name))
            fault.mistake =
                word == nickname.name ? Mistake::nickname_with_more : Mistake::nickname_case;
    return false;
}

std::string every_text(std::chrono::seconds period) {
    std::string text;
    std::int64_t rest = period.count();
    for (const Unit& unit : units) {
        if (unit.letter == 'w' && rest % unit.seconds != 0) continue; // 10d, not 1w3d
        if (rest >= unit.seconds) text += fmt::format("{}{}", rest / unit.seconds, unit.letter);
        rest %= unit.seconds;
    }
    return text;
}

bool guess_period(std::string_view text, std::chrono::seconds& period) {
    double seconds = 0;
    for (PeriodGuess guess{text}; !guess.rest.empty();) {
        double number = 0;
        std::size_t unit = 0;
        if (!guess.take_number(number) || !guess.take_unit(unit)) return false;
        seconds += number * static_cast<double>(units[unit].seconds);
    }
    if (!(seconds >= 1) || seconds > static_cast<double>(period_max)) return false;
    period = std::chrono::seconds{static_cast<std::int64_t>(seconds)};
    return static_cast<double>(period.count()) == seconds;
}

} // namespace agentcron::cron
