// An agent as declared: how its subprocess is started and which protocol it speaks. Values only.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentcron::agent {

struct Profile {
    std::string name;
    std::string driver;               // a name that make_driver knows
    std::vector<std::string> command; // argv, never a shell line
    std::vector<std::pair<std::string, std::string>> env; // set for the agent
    std::vector<std::string> pass_env; // names taken over from the daemon's environment
    std::string env_file;              // NAME=value lines, read at each start; "" = none
    std::string workspace_dir;         // absolute; the working directory; "" = the daemon's home
    std::uint64_t output_bytes_max = 256ull << 20;
    base::Seconds grace{5}; // from SIGTERM to SIGKILL
};

// The jsonb of agents.config; everything but name and driver. Durations in seconds.
std::string config_to_json(const Profile& profile);
base::Result<Profile, std::string> profile_from_json(std::string_view name, std::string_view driver,
                                                     std::string_view config_json);

} // namespace agentcron::agent
