// agentcron's own PostgreSQL, for those who configured none: made by initdb in the state directory,
// reachable only through a Unix socket in a 0700 directory. It lives as long as any agentcron
// process uses it: each holds a shared lock, the last one out stops the server. A server that
// outlived a crash of its users is found again; one that died is started again.
#pragma once

#include "base/spawn.hpp"
#include "base/unique_fd.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

namespace agentcron::db {

// The cluster cannot be made, started or joined; the message says what to do. Exit code 3.
struct ClusterError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The directory of initdb and postgres that fits `data` (any, if it does not exist yet): the same
// major version as the data, else the newest installed. Throws ClusterError.
std::filesystem::path find_postgres_binaries(const std::filesystem::path& data);

class PrivateCluster {
public:
    using Progress = std::function<void(const std::string&)>;
    // Blocks until the server takes connections. `progress` is told what takes time.
    PrivateCluster(const std::filesystem::path& state_directory, const Progress& progress);
    // Stops the server if nobody else uses it, and waits for its end.
    ~PrivateCluster();
    PrivateCluster(const PrivateCluster&) = delete;
    PrivateCluster& operator=(const PrivateCluster&) = delete;

    // Is there a cluster in this state directory?
    static bool exists(const std::filesystem::path& state_directory);

    const std::string& conninfo() const { return conninfo_; }
    const std::filesystem::path& directory() const { return directory_; }
    // Readable when the server process has ended; for restart().
    int server_pidfd() const { return server_.get(); }
    // Starts a server that died, unless somebody did already. Does not wait for it to be ready.
    void restart();

private:
    void choose_paths(const std::filesystem::path& state_directory);
    void make(const Progress& progress);
    void write_ident(const std::filesystem::path& data) const;
    bool join();
    void start();
    bool is_ready() const;
    void wait_until_ready();
    void create_database();
    void stop_if_last();
    std::string log_tail() const;

    std::filesystem::path directory_; // <state>/postgres
    std::filesystem::path data_;
    std::filesystem::path sockets_;
    std::filesystem::path binaries_;
    std::optional<base::UserIdentity> run_as_; // when root: an unprivileged user
    std::string user_name_;                    // of the server process
    std::string conninfo_;
    base::UniqueFd users_lock_;
    base::UniqueFd server_; // pidfd
    pid_t server_pid_ = -1;
};

} // namespace agentcron::db
