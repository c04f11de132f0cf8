// Reads what tests_telling_agent wrote down.
#pragma once

#include "chaos/history.hpp"

#include <filesystem>
#include <string_view>

namespace agentcron::chaos {

// The lines of one file: "MICROS start PID ATTEMPT", "MICROS out LINE", "err LINE", "ask",
// "answer TEXT", "exit CODE".
Account parse_account(Run run, std::string_view text);

// All files of a directory, by their names TASK.RUN.
std::map<Run, Account> read_accounts(const std::filesystem::path& directory);

} // namespace agentcron::chaos
