// What `up`, `scheduler` and `worker` were asked to do; main hands it to app.
#pragma once

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
    std::string log_level = "info";
};

} // namespace agentcron::cli
