// Where the declarations are, and reading them for a command.
#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <string>

namespace agentcron::cli {

// --config if given, else ./schedules if that is a directory, else /etc/agentcron. The path need
// not exist.
std::filesystem::path config_path(const std::string& given);
// The same for a daemon, which also runs without any: "" where nothing was given and neither place
// exists, so that only what the database has is run.
std::filesystem::path daemon_config_path(const std::string& given);

// Loads it. Throws config::ConfigError.
config::Config load_config(const std::filesystem::path& path);

} // namespace agentcron::cli
