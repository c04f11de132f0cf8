// What a command cannot go on from. main maps each type to its exit code.
#pragma once

#include <stdexcept>
#include <string>

namespace agentcron::cli {

// Wrong arguments or configuration; exit code 2. The message says what would be right.
struct UsageError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What was asked for does not exist; exit code 4.
struct NotFound : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Nothing to add: the command has said on stderr what is wrong. Only the exit code is left.
struct Reported {
    int exit_code = 1;
};

} // namespace agentcron::cli
