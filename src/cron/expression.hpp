// A parsed cron expression: plain sets of values, without text, zone or clock.
// Immutable after parse(), so any number of threads may share one. The dialect is the Open Cron
// Pattern Specification 1.0 to 1.4 taken strictly, plus `L-n`, `LW`, `L-nW`, `H` and `@every`.
#pragma once

#include "base/result.hpp"
#include "cron/calendar_pattern.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace agentcron::cron {

enum class Field : std::uint8_t {
    second,
    minute,
    hour,
    day_of_month,
    month,
    day_of_week,
    year,
    pattern, // the error concerns the expression as a whole
};

// "minute", "day of month", ...; "pattern" for the whole.
std::string_view field_name(Field field);

// Why a text is not an expression of this dialect, and what to write instead.
struct ParseError {
    Field field = Field::pattern;
    std::size_t column = 1; // 1-based, of the first character of `text`, in bytes
    std::string text;       // the offending part, shortened and with unprintable bytes escaped
    std::string problem;    // what is wrong with it, a clause without a full stop
    std::string rewrite;    // what to paste in place of `text`; empty if nothing can be proposed
    std::string corrected;  // the whole expression with the rewrite applied; empty if it needs more

    // One sentence for a person: place, text, problem, rewrite.
    std::string message() const;
};

struct ParseOptions {
    // The value of `H` is a hash of this id: the same on every host, different between jobs.
    std::string_view job_id{};
    // Where `@every` counts from: the creation instant of the job, stored with it.
    std::chrono::sys_seconds anchor{};
};

enum class Kind : std::uint8_t {
    calendar, // fields, or a nickname that stands for fields
    every,    // `@every 90m`: anchor + k * period, no zone
    reboot,   // `@reboot`: no fire times; due when the scheduler starts
};

// How the expression was spelt: feeds the warnings, never the fire times.
struct Spelling {
    std::uint8_t stepped = 0;        // bit = Field whose text has a step
    std::uint8_t uneven = 0;         // bit = Field with a step that does not divide the field
    std::uint8_t overlong_steps = 0; // bit = Field with a step longer than its range
    bool whole_days = false;         // `@every` was given days or weeks
};

struct Fault;

class Expression {
public:
    Expression() = default; // "* * * * *" is not it: an empty pattern that never fires

    Kind kind() const { return kind_; }
    bool is_reboot() const { return kind_ == Kind::reboot; }
    // The sets; only for Kind::calendar.
    const CalendarPattern& calendar() const { return calendar_; }
    // Only for Kind::every.
    std::chrono::seconds period() const { return period_; }
    std::chrono::sys_seconds anchor() const { return anchor_; }
    const Spelling& spelling() const { return spelling_; }

    // The shortest usual spelling with the same fire times in every zone. For any expression e,
    // parse(e.canonical()) == e (given the same anchor).
    std::string canonical() const;

    // Equal means: the same kind, sets and clock-change class. Spelling does not count.
    friend bool operator==(const Expression& a, const Expression& b) {
        return a.kind_ == b.kind_ && a.period_ == b.period_ && a.anchor_ == b.anchor_ &&
               a.calendar_ == b.calendar_;
    }

    static Expression every(std::chrono::seconds period, std::chrono::sys_seconds anchor,
                            Spelling spelling = {}) {
        Expression expression;
        expression.kind_ = Kind::every;
        expression.period_ = period;
        expression.anchor_ = anchor;
        expression.spelling_ = spelling;
        return expression;
    }
    static Expression reboot() {
        Expression expression;
        expression.kind_ = Kind::reboot;
        return expression;
    }

private:
    // parse() without the words: fills the sets in place.
    friend bool parse_into(std::string_view pattern, const ParseOptions& options, Expression& out,
                           Fault& fault);

    CalendarPattern calendar_{};
    std::chrono::seconds period_{};
    std::chrono::sys_seconds anchor_{};
    Spelling spelling_{};
    Kind kind_ = Kind::calendar;
};

// The longest accepted expression, in bytes.
inline constexpr std::size_t pattern_bytes_max = 4096;

// Never throws on any input; time and memory are linear in the length of `pattern`.
base::Result<Expression, ParseError> parse(std::string_view pattern,
                                           const ParseOptions& options = {});

} // namespace agentcron::cron
