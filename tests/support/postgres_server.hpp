// A PostgreSQL of a test's own that can be broken: stopped in any way, started again, followed by a
// standby that is promoted. It listens on a port of 127.0.0.1 and trusts whoever comes. What it
// commits does not wait for the disk: processes die here, machines do not.
#pragma once

#include "base/spawn.hpp"

#include <filesystem>
#include <string>

namespace agentcron::support {

// One that nobody listens on at the moment.
int free_port();

class PostgresServer {
public:
    enum class Stop { fast, immediate };

    // Below `directory`, which is made; nothing runs yet.
    PostgresServer(std::filesystem::path directory, int port);
    // Ends it at once, if it runs.
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    void create();
    // A copy of one that runs, which follows it once it is started. What was here before goes.
    void copy_from(const PostgresServer& primary);
    // Both wait until it is done. A standby is started when it takes queries.
    void start();
    void stop(Stop how);
    // Of a standby: it is a primary when this returns.
    void promote();

    int port() const { return port_; }
    std::string conninfo() const; // of this server alone

private:
    void run_tool(const std::string& name, std::vector<std::string> arguments) const;
    base::SpawnRequest request(std::vector<std::string> argv, int log) const;

    const std::filesystem::path directory_;
    const std::filesystem::path data_;
    const int port_;
    std::filesystem::path binaries_;
    std::optional<base::UserIdentity> run_as_;
    std::optional<base::Child> server_;
};

} // namespace agentcron::support
