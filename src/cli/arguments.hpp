// Reading what users write as arguments. Each throws UsageError with what would be right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::cli {

// A task's id: a number from 1.
std::int64_t task_id_from(std::string_view text);

// The text itself; for "-" what stdin holds, without its last line break.
std::string text_or_stdin(const std::string& text);

// "name=value" pairs as one JSON object of strings; a name twice is an error. `json` is an object
// ("" = none) that comes first.
std::string params_from(const std::vector<std::string>& pairs, std::string_view json);

// Who is at the keyboard, for the record: the login name, else the user's number.
std::string user_name();

} // namespace agentcron::cli
