// Patterns that start with `@`.
#pragma once

#include "cron/fault.hpp"

#include <span>

namespace agentcron::cron {

struct Nickname {
    std::string_view name;   // with the `@`
    std::string_view fields; // the five fields it stands for; empty for `@reboot`
};
std::span<const Nickname> nicknames();

// `pattern` starts with `@` and has no outer blanks. False: fault says why.
bool parse_nickname(std::string_view pattern, const ParseOptions& options, Expression& out,
                    Fault& fault);

// The text of a period, largest units first: 5400 s is "1h30m".
std::string every_text(std::chrono::seconds period);

// Reads the units of a period in any order, blanks and capitals allowed: what the writer of a
// refused `@every` meant. None if it makes no sense.
bool guess_period(std::string_view text, std::chrono::seconds& period);

} // namespace agentcron::cron
