// Text of agents on its way to a terminal. What an agent writes must not be able to move the
// cursor, rename the window or answer a question in the user's name.
#pragma once

#include <string>
#include <string_view>

namespace agentcron::cli {

enum class Keep { text, colours };

// Line breaks, tabs and well-formed UTF-8 stay; other bytes and control characters are shown as
// "\x1b". With Keep::colours the sequences that only choose colours stay too (ESC [ ... m).
std::string printable(std::string_view bytes, Keep keep = Keep::text);

// How many bytes at the end are the beginning of a character or of a colour sequence that the next
// bytes may complete; at most 15.
std::size_t incomplete_tail(std::string_view bytes);

// Every line with that many spaces in front; printable. Without a line break at the end.
std::string indented_text(std::string_view text, int indent);

} // namespace agentcron::cli
