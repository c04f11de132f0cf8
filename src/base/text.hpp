// Small pure functions on text: suggestions for misspelt names, UTF-8, lines, durations. They know
// nothing of agentcron and are safe on any bytes.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::base {

// How many insertions, deletions, replacements and swaps of neighbours turn `a` into `b`, at most
// one of them at any place (optimal string alignment distance). Bytes, ASCII letters without case.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate that a person most likely meant by `name`: the smallest edit distance, if that is
// at most a third of the longer name's length and at least one letter is allowed to be wrong; ""
// where nothing is near. The first of equally near candidates wins.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);
// The end of an error message: "; did you mean 'timeout'?", or "" where nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

// Well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing above
// U+10FFFF. NUL is a valid character here, though PostgreSQL's text type refuses it.
bool is_utf8(std::string_view bytes);
// The longest prefix of at most bytes_max bytes that does not cut a UTF-8 character in two.
std::string_view utf8_prefix(std::string_view text, std::size_t bytes_max);

// Without spaces, tabs, CR and LF at both ends.
std::string_view trim(std::string_view text);
// The parts between separators; n separators give n + 1 parts, so "" gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);
// What a person sees of `text` in one table cell: its first line that is not blank, trimmed,
// control characters (which could steer a terminal) as spaces, cut to bytes_max bytes with "..." at
// the end.
std::string one_line(std::string_view text, std::size_t bytes_max);

// "45m", "1h30m", "90s", "2d", "0s": numbers with the units d, h, m, s from large to small, each at
// most once; up to duration_max. A number without a unit is refused, because "timeout: 45" means
// minutes to one reader and seconds to another; the error says what to write.
Result<Seconds, std::string> parse_duration(std::string_view text);
// The shortest exact form that parse_duration reads: "1h30m", "2d", "0s". Not negative.
std::string format_duration(Seconds duration);
inline constexpr Seconds duration_max{36'500ll * 86'400}; // a hundred years

} // namespace agentcron::base
