// The whole environment of an agent, built from nothing: the shim adds to it only what belongs to
// its own socket. Pure.
#pragma once

#include "agent/driver.hpp"
#include "agent/profile.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentcron::agent {

using Variables = std::vector<std::pair<std::string, std::string>>;

struct EnvFileError {
    int line = 0;        // from 1
    std::string message; // never holds a value: it may be a secret
};

// One NAME=value a line; blank lines and lines that start with # or ; are skipped, "export " before
// the name is too. A value may stand in '...' (as it is) or "..." (with \n, \t, \r, \", \\, \$);
// without quotes it goes to the end of the line, trimmed, "#" included. Nothing is expanded.
base::Result<Variables, EnvFileError> parse_env_file(std::string_view text);

struct EnvironmentParts {
    std::vector<std::string> daemon; // "NAME=value" of the daemon itself
    Variables env_file;              // parsed
    std::vector<std::string> driver; // Start.env
    std::string binary_directory;    // of agentcron itself; "" = leave PATH alone
};

// "NAME=value", sorted by name, each name once. Where a name comes twice the later of these wins:
//   1. from the daemon: PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TMPDIR XDG_*;
//   2. from the daemon: what profile.pass_env names. SSH_AUTH_SOCK is no part of 1, for it lets an
//      agent log in wherever its owner can: who wants that, names it here;
//   3. profile.env_file's variables; 4. profile.env;
//   5. AGENTCRON_TASK_ID, AGENTCRON_SCHEDULE and AGENTCRON_FIRE_TIME ("" for a manual run),
//      AGENTCRON_ATTEMPT, unless there is no task yet; 6. the driver's.
// PATH ends with binary_directory, so that an agent finds `agentcron ask`.
std::vector<std::string> build_environment(const Profile& profile, const Brief& brief,
                                           const EnvironmentParts& parts);

} // namespace agentcron::agent
