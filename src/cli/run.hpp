// The command line: parses the arguments and runs the command. What the user sees of help and of
// wrong arguments is decided here.
#pragma once

#include "cli/errors.hpp"
#include "cli/invocation.hpp"

#include <string_view>

namespace agentcron::cli {

// Gives the exit code. Throws UsageError, NotFound, Reported, what db/ throws where it is used, and
// what `daemon` throws; `daemon` runs `up`, `scheduler` and `worker`.
int run(int argc, const char* const* argv, const Daemon& daemon);

// "agentcron: message" and, if there is one, the hint, on stderr; gives `exit_code`.
int complain(std::string_view message, int exit_code, std::string_view hint = {});

} // namespace agentcron::cli
