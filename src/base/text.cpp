#include "base/text.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <array>
#include <spdlog/fmt/fmt.h>

namespace agentcron::base {

namespace {

constexpr std::string_view blanks = " \t\r\n";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

struct Unit {
    char letter;
    long long seconds;
};
constexpr std::array<Unit, 4> units{{{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}}};

// Bytes of the well-formed UTF-8 character at the start of `rest` (not empty); 0 = ill-formed.
std::size_t character_bytes(std::string_view rest) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                               : first >= 0xE0 && first <= 0xEF ? 3
                               : first >= 0xF0 && first <= 0xF4 ? 4
                                                                : 0;
    if (length == 0 || rest.size() < length) return 0;
    // Only the second byte has a narrower range, and only after these four first bytes.
    const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    return length;
}

} // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Rows i-2, i-1 and i of the table; a swap of neighbours looks two rows back.
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before.swap(last);
        last.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                                 lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
    }
    return row[b.size()];
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
    constexpr std::size_t name_bytes_max = 100; // the table is quadratic; no name is longer
    if (name.size() > name_bytes_max) return "";
    std::string_view nearest;
    std::size_t nearest_distance = name_bytes_max;
    for (const std::string_view candidate : candidates) {
        if (candidate.empty() || candidate.size() > name_bytes_max) continue;
        const std::size_t allowed =
            std::max<std::size_t>(1, std::max(name.size(), candidate.size()) / 3);
        const std::size_t distance = edit_distance(name, candidate);
        if (distance > allowed || distance >= nearest_distance || distance >= candidate.size())
            continue;
        nearest = candidate;
        nearest_distance = distance;
    }
    return nearest;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
    const std::string_view nearest = nearest_name(name, candidates);
    return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
}

bool is_utf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t length = character_bytes(bytes);
        if (length == 0) return false;
        bytes.remove_prefix(length);
    }
    return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    // A character has at most three continuation bytes; more of them is not UTF-8, cut anywhere.
    while (end > 0 && bytes_max - end < 3 && (text[end] & 0xC0) == 0x80) --end;
    return text.substr(0, (text[end] & 0xC0) == 0x80 ? bytes_max : end);
}

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return text.substr(0, 0);
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t start = 0;;) {
        const std::size_t end = text.find(separator, start);
        parts.push_back(text.substr(start, end - start));
        if (end == std::string_view::npos) return parts;
        start = end + 1;
    }
}

std::string one_line(std::string_view text, std::size_t bytes_max) {
    constexpr std::string_view ellipsis = "...";
    text = trim(text);
    std::string line(trim(text.substr(0, text.find_first_of("\r\n"))));
    if (line.size() > bytes_max) {
        const bool room = bytes_max > ellipsis.size();
        line = utf8_prefix(line, room ? bytes_max - ellipsis.size() : bytes_max);
        if (room) line += ellipsis;
    }
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return line;
}

Result<Seconds, std::string> parse_duration(std::string_view text) {
    const auto wrong = [&](std::string_view why) {
        return fmt::format("'{}' is not a duration: {}", one_line(text, 40), why);
    };
    if (text.empty()) return wrong("it is empty; write one like 45m or 1h30m");
    Seconds total{0};
    std::size_t next_unit = 0; // units before this one are used up
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        long long number = 0;
        while (i < text.size() && is_digit(text[i])) {
            number = number * 10 + (text[i++] - '0');
            if (number > duration_max.count()) return wrong("it is longer than a hundred years");
        }
        if (i == start) return wrong("expected a number with a unit (d, h, m, s), like 1h30m");
        if (i == text.size()) {
            return wrong(fmt::format("{} has no unit; write {}s, {}m, {}h or {}d", number, number,
                                     number, number, number));
        }
        const auto unit = std::find_if(units.begin(), units.end(),
                                       [&](const Unit& u) { return u.letter == text[i]; });
        if (unit == units.end()) return wrong("the units are d, h, m and s, like 1h30m");
        if (text.substr(i, 2) == "ms") return wrong("the smallest unit is one second");
        const auto index = static_cast<std::size_t>(unit - units.begin());
        if (index < next_unit) return wrong("units go from large to small, each once, like 1d12h");
        next_unit = index + 1;
        if (number > duration_max.count() / unit->seconds)
            return wrong("it is longer than a hundred years");
        total += Seconds{number * unit->seconds};
        ++i;
    }
    if (total > duration_max) return wrong("it is longer than a hundred years");
    return total;
}

std::string format_duration(Seconds duration) {
    AGENTCRON_CHECK(duration.count() >= 0, "duration {} s", duration.count());
    if (duration.count() == 0) return "0s";
    std::string text;
    long long rest = duration.count();
    for (const Unit& unit : units) {
        if (rest < unit.seconds) continue;
        text += fmt::format("{}{}", rest / unit.seconds, unit.letter);
        rest %= unit.seconds;
    }
    return text;
}

} // namespace agentcron::base
