#include "cron/parse_error.hpp"

#include "cron/item_reader.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

constexpr std::size_t shown_bytes_max = 60;
constexpr int repairs_max = 8;

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}
bool is_unprintable(char c) {
    return !is_blank(c) && (c < 0x21 || c > 0x7e);
}

std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, shown_bytes_max)) {
        if (is_unprintable(c) || c == '\t')
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    if (text.size() > shown_bytes_max) out += "...";
    return out;
}

std::size_t count_fields(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (!is_blank(text[i]) && (i == 0 || is_blank(text[i - 1]))) ++count;
    return count;
}

// The whole field around a part of it.
std::string_view field_around(std::string_view pattern, std::string_view part) {
    auto from = static_cast<std::size_t>(part.data() - pattern.data());
    std::size_t to = from + part.size();
    while (from > 0 && !is_blank(pattern[from - 1])) --from;
    while (to < pattern.size() && !is_blank(pattern[to])) ++to;
    return pattern.substr(from, to - from);
}

// Mistakes that are better told by the text around them than by where the parser stopped.
void refine(std::string_view pattern, Fault& fault) {
    if (fault.mistake == Mistake::too_long) return;
    const auto bad = std::find_if(pattern.begin(), pattern.end(), is_unprintable);
    if (bad != pattern.end()) {
        fault = {Mistake::unprintable, Field::pattern,
                 pattern.substr(static_cast<std::size_t>(bad - pattern.begin()), 1)};
        return;
    }
    const std::size_t start = std::min(pattern.find_first_not_of(" \t"), pattern.size());
    const std::string_view text = pattern.substr(start);
    if (text.starts_with("TZ=") || text.starts_with("CRON_TZ="))
        fault = {Mistake::zone_in_pattern, Field::pattern,
                 text.substr(0, std::min(text.find_first_of(" \t"), text.size()))};
    if (fault.mistake == Mistake::empty_item) fault.text = field_around(pattern, fault.text);
}

std::string nickname_list() {
    std::string list;
    for (const char* name : {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight",
                             "@hourly", "@reboot"})
        list += fmt::format("{}, ", name);
    return list + "@every DURATION";
}

std::string describe_pattern_mistake(const Fault& fault) {
    switch (fault.mistake) {
    case Mistake::empty_pattern: return "the expression is empty";
    case Mistake::too_long:
        return fmt::format("the expression is longer than {} bytes", pattern_bytes_max);
    case Mistake::unprintable:
        return "only printable ASCII characters, spaces and tabs are allowed";
    case Mistake::zone_in_pattern:
        return "a time zone does not belong in the expression; set the schedule's timezone instead";
    case Mistake::nickname_case: return "nicknames are written in lower case";
    case Mistake::nickname_unknown:
        return fmt::format("no such nickname; there are {}", nickname_list());
    case Mistake::nickname_with_more: return "a nickname must stand alone";
    case Mistake::every_without_duration: return "@every needs a duration such as 90m";
    case Mistake::every_bad_duration:
        return "a duration is made of whole numbers with the units w, d, h, m and s, such as 1h30m";
    case Mistake::every_order:
        return "the units of a duration stand in the order w, d, h, m, s, each at most once";
    case Mistake::every_too_short: return "the shortest period is one second";
    case Mistake::every_too_long: return "the period is longer than 230 years";
    default:
        return fmt::format("there are {} fields; expected five (minute, hour, day of month, month, "
                           "day of week), six with seconds first, or seven with a year last",
                           count_fields(fault.text));
    }
}

std::string describe_day_mistake(const Fault& fault) {
    switch (fault.mistake) {
    case Mistake::last_without_day:
        return "L needs a weekday here: SAT#L is the last Saturday, SAT every Saturday";
    case Mistake::last_offset: return "L-n goes from L-1 to L-30";
    case Mistake::nth_number: return "# takes 1 to 5, or L for the last one";
    case Mistake::day_range_with_suffix: return "# and L take one weekday, not a range";
    case Mistake::nearest_not_alone:
        return "W takes one day (15W, LW, L-3W) and must stand alone in its field";
    case Mistake::nth_misplaced: return "# belongs in the day-of-week field";
    case Mistake::last_misplaced: return "L belongs in the day fields";
    case Mistake::question_mark: return "? may only be a whole day field";
    default: return "+ may only stand in front of the day-of-week field";
    }
}

std::string describe_field_mistake(const Fault& fault) {
    const FieldLimits& limits = limits_of(fault.field);
    switch (fault.mistake) {
    case Mistake::empty_item: return "an item of the list is empty";
    case Mistake::full_name: return "names have three letters";
    case Mistake::too_many_digits:
        return fault.field == Field::year ? "the number has too many digits"
                                          : "numbers have one or two digits";
    case Mistake::year_digits: return "a year has four digits";
    case Mistake::out_of_range:
        return fmt::format("the value is out of range {}-{}", limits.min, limits.max);
    case Mistake::descending: return "the range runs backwards";
    case Mistake::step_without_range: return "a step needs * or a range in front of it";
    case Mistake::step_missing: return "the step is not a number";
    case Mistake::step_zero: return "a step of 0 has no meaning";
    case Mistake::step_too_large:
        return fmt::format("the step is larger than the field, {}", limits.step_max);
    case Mistake::wildcard_with_more: return "* may only be followed by a step";
    case Mistake::lower_case: return "L, W and H are written in upper case";
    case Mistake::random:
        return "random values are not supported; H picks a value that stays the same";
    case Mistake::hash_range: return "H takes a rising range in parentheses, such as H(0-29)";
    default: return "not a value of this field";
    }
}

std::string describe_mistake(const Fault& fault) {
    if (fault.mistake <= Mistake::every_too_long) return describe_pattern_mistake(fault);
    switch (fault.mistake) {
    case Mistake::last_without_day:
    case Mistake::last_offset:
    case Mistake::nth_number:
    case Mistake::day_range_with_suffix:
    case Mistake::nearest_not_alone:
    case Mistake::nth_misplaced:
    case Mistake::last_misplaced:
    case Mistake::question_mark:
    case Mistake::plus_misplaced: return describe_day_mistake(fault);
    default: return describe_field_mistake(fault);
    }
}

struct Repair {
    std::string rewrite;
    std::string pattern; // with the rewrite applied
};
Repair repair(std::string_view pattern, const Fault& fault) {
    Repair repaired{propose_rewrite(fault), {}};
    const auto from = static_cast<std::size_t>(fault.text.data() - pattern.data());
    if (fault.mistake == Mistake::zone_in_pattern)
        repaired.pattern = pattern.substr(from + fault.text.size());
    else if (repaired.rewrite.starts_with('@'))
        repaired.pattern = repaired.rewrite;
    else if (!repaired.rewrite.empty())
        repaired.pattern = fmt::format("{}{}{}", pattern.substr(0, from), repaired.rewrite,
                                       pattern.substr(from + fault.text.size()));
    return repaired;
}

// Whether a fault of a repaired pattern stands in what the repair wrote.
bool is_in(std::string_view pattern, const Fault& fault, std::size_t from, std::size_t size) {
    if (fault.field == Field::pattern) return true;
    const auto at = static_cast<std::size_t>(fault.text.data() - pattern.data());
    return at < from + size && at + fault.text.size() > from;
}

// Applies the first repair and then those of further mistakes. A proposal that is itself refused
// is dropped.
void add_repairs(std::string_view pattern, const Fault& fault, ParseError& error) {
    const auto from = static_cast<std::size_t>(fault.text.data() - pattern.data());
    Repair first = repair(pattern, fault);
    std::string current = first.pattern;
    for (int repairs = 0; !current.empty() && repairs < repairs_max; ++repairs) {
        Expression expression;
        Fault next;
        if (parse_into(current, {}, expression, next)) {
            if (repairs == 0 || error.rewrite.empty()) error.rewrite = first.rewrite;
            error.corrected = current.substr(current.find_first_not_of(" \t"));
            return;
        }
        refine(current, next);
        if (repairs == 0) {
            if (is_in(current, next, from, first.rewrite.size())) return;
            error.rewrite = first.rewrite;
        }
        const std::string repaired = repair(current, next).pattern;
        current = repaired;
    }
}

} // namespace

std::string_view field_name(Field field) {
    switch (field) {
    case Field::second: return "second";
    case Field::minute: return "minute";
    case Field::hour: return "hour";
    case Field::day_of_month: return "day of month";
    case Field::month: return "month";
    case Field::day_of_week: return "day of week";
    case Field::year: return "year";
    case Field::pattern: return "pattern";
    }
    return "";
}

std::string ParseError::message() const {
    std::string out = field == Field::pattern
                          ? fmt::format("column {}", column)
                          : fmt::format("{}, column {}", field_name(field), column);
    out += fmt::format(": \"{}\": {}", text, problem);
    if (!rewrite.empty()) out += fmt::format("; write \"{}\"", rewrite);
    if (!corrected.empty() && corrected != rewrite)
        out += fmt::format("{} whole: \"{}\"", rewrite.empty() ? ";" : ",", corrected);
    return out;
}

ParseError explain_fault(std::string_view pattern, Fault fault) {
    refine(pattern, fault);
    ParseError error;
    error.field = fault.field;
    error.column =
        pattern.empty() ? 1 : static_cast<std::size_t>(fault.text.data() - pattern.data()) + 1;
    error.text = shown(fault.text);
    error.problem = describe_mistake(fault);
    if (fault.mistake != Mistake::too_long) add_repairs(pattern, fault, error);
    return error;
}

} // namespace agentcron::cron
