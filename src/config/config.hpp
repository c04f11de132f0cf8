// YAML -> agents, schedules, settings. Every mistake of every file is reported at once, each with
// file:line:column, what is wrong, what is expected and the nearest name. The only folder with
// yaml-cpp.
#pragma once

#include "agent/profile.hpp"
#include "base/result.hpp"
#include "schedule/schedule.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace agentcron::config {

// How the queries of schedules' `context` are run.
struct ContextSettings {
    std::string database; // "" = agentcron's own, as the role agentcron_context
    base::Seconds statement_timeout{10};
    std::uint64_t max_size = 16 << 20;    // bytes of all results of an attempt
    std::uint64_t max_prompt = 256 << 10; // bytes of them in the prompt
};

struct Settings {             // top-level keys, at most once over all files
    std::string database;     // a libpq connection string or URL; "" = not set
    std::optional<int> slots; // tasks that may run at once on this worker
    ContextSettings context;
    std::uint64_t workspaces_bytes_max = 0; // of all worktrees of this machine; 0 = any
};

struct Config {
    std::vector<agent::Profile> agents; // as declared: by file, then from top to bottom
    std::vector<schedule::Schedule> schedules;
    Settings settings;
    std::vector<std::filesystem::path> files; // what was read, in order
};

struct Error {
    std::filesystem::path file;
    int line = 0;   // from 1; 0: the file as a whole
    int column = 0; // from 1
    std::string message;
    // "schedules/a.yaml:3:5: unknown key 'tiemout'; did you mean 'timeout'?"
    std::string text() const;
};

// All errors of a configuration as one text, a line each: for who cannot go on without it. Caught
// in main, exit code 2.
struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// `path` is a file, or a directory whose *.yaml and *.yml files are read in name order (not those
// below it, and none whose name starts with a dot). An empty directory is an error of its own that
// says what to put there. Relative paths in a file start at its directory, which is also where its
// agents work unless they say otherwise; `~/` is HOME. Top-level keys that start with `x-` are
// ignored: a place for anchors.
// Errors come by file and place; from errors_shown_max on, a last one without file counts the rest.
// Needs the system's time zones and nothing else: no database, no clock.
base::Result<Config, std::vector<Error>> load(const std::filesystem::path& path);

} // namespace agentcron::config
