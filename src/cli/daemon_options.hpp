// What `up`, `scheduler` and `worker` were asked to do; main hands it to app.
#pragma once

#include "base/clock.hpp"

#include <filesystem>
#include <string>

namespace agentcron::cli {

struct DaemonOptions {
    bool scheduler = true;
    bool worker = true;
    std::filesystem::path config; // file or directory; "" = none: only what the database has
    std::string database;         // --database; "" = not given
    int slots = 0;                // --slots; 0 = the configuration's, else 2 x cores
    bool drain = false;           // SIGTERM waits for the tasks that run
    base::Seconds lease_ttl{60};  // tests that wait for its end make it shorter
    std::string log_level = "info";
};

} // namespace agentcron::cli
