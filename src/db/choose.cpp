#include "db/choose.hpp"

#include "db/connection.hpp"

#include <array>

namespace agentcron::db {
namespace {

std::string value_of(const std::function<const char*(const char*)>& environment, const char* name) {
    const char* value = environment(name);
    return value ? value : "";
}

DatabaseChoice checked(const std::string& given, std::string from) {
    try {
        return {complete_conninfo(given), std::move(from)};
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(from + ": " + error.what());
    }
}

} // namespace

DatabaseChoice choose_database(const std::string& flag, const std::string& configured,
                               const std::function<const char*(const char*)>& environment) {
    if (!flag.empty()) return checked(flag, "--database");
    if (const auto url = value_of(environment, "AGENTCRON_DATABASE_URL"); !url.empty())
        return checked(url, "AGENTCRON_DATABASE_URL");
    if (!configured.empty()) return checked(configured, "database: in the configuration");
    constexpr std::array libpq_names = {"PGHOST",     "PGHOSTADDR", "PGSERVICE",
                                        "PGDATABASE", "PGPORT",     "PGUSER"};
    for (const char* name : libpq_names)
        if (!value_of(environment, name).empty()) return checked("", name);
    return {"", "the private cluster"};
}

std::filesystem::path state_directory(const std::function<const char*(const char*)>& environment,
                                      bool is_root) {
    if (const auto given = value_of(environment, "AGENTCRON_STATE_DIR"); !given.empty())
        return std::filesystem::absolute(given);
    if (is_root) return "/var/lib/agentcron";
    if (const auto xdg = value_of(environment, "XDG_STATE_HOME"); !xdg.empty())
        return std::filesystem::path(xdg) / "agentcron";
    return std::filesystem::path(value_of(environment, "HOME")) / ".local/state/agentcron";
}

OpenDatabase open_database(const DatabaseChoice& choice, const std::filesystem::path& state,
                           bool create, const PrivateCluster::Progress& progress) {
    if (!choice.conninfo.empty()) return {choice.conninfo, nullptr};
    if (!create && !PrivateCluster::exists(state))
        throw ClusterError("there is no agentcron database yet in " + state.string() +
                           ": start `agentcron up`, or name a database with --database");
    auto cluster = std::make_unique<PrivateCluster>(state, progress);
    auto conninfo = cluster->conninfo();
    return {std::move(conninfo), std::move(cluster)};
}

} // namespace agentcron::db
