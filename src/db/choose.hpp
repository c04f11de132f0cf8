// Which database: the first of --database, AGENTCRON_DATABASE_URL, the configuration's `database:`,
// libpq's own variables (PGHOST, PGSERVICE ...); with none of them the private cluster.
#pragma once

#include "db/private_cluster.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace agentcron::db {

struct DatabaseChoice {
    std::string conninfo; // completed; "" means the private cluster
    std::string from;     // for messages: "--database", "AGENTCRON_DATABASE_URL", ...
};

// Pure: `environment` is getenv. Throws std::invalid_argument on a malformed connection string,
// with where it came from.
DatabaseChoice choose_database(const std::string& flag, const std::string& configured,
                               const std::function<const char*(const char*)>& environment);

// AGENTCRON_STATE_DIR, else /var/lib/agentcron for root, else $XDG_STATE_HOME/agentcron or
// ~/.local/state/agentcron: where the private cluster, the run directories and the spools are.
std::filesystem::path state_directory(const std::function<const char*(const char*)>& environment,
                                      bool is_root);

struct OpenDatabase {
    std::string conninfo;
    std::unique_ptr<PrivateCluster> cluster; // lives as long as the database is used; may be null
};
// Starts or joins the private cluster if that is the choice. With create = false a missing private
// cluster is a ClusterError that says how to make one.
OpenDatabase open_database(const DatabaseChoice& choice, const std::filesystem::path& state,
                           bool create, const PrivateCluster::Progress& progress);

} // namespace agentcron::db
