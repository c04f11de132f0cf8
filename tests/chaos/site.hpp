// Two daemons, each behind proxies of its own, on a PostgreSQL with a standby: what a nemesis
// breaks. All of it ends with this object.
#pragma once

#include "chaos/client.hpp"
#include "chaos/history.hpp"
#include "support/cutting_proxy.hpp"
#include "support/postgres_server.hpp"
#include "support/run_program.hpp"
#include "support/small_disk.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <map>

namespace agentcron::chaos {

class Site {
public:
    struct Settings {
        std::filesystem::path keep; // made anew; accounts and logs go there
        std::filesystem::path binary = support::agentcron_binary();
        int lease_s = 8;
        bool with_standby = true;
        std::function<void(const std::string&)> log = [](const std::string&) {};
    };
    // The database is migrated and observed; no daemon runs yet.
    explicit Site(Settings settings);
    ~Site();

    void start(int daemon); // and waits until it is ready
    void signal(int daemon, int number);
    // Waits for its end and keeps its log.
    void finish(int daemon);
    support::CuttingProxy& proxy(int daemon, int server) {
        return *daemon_at(daemon).proxies[static_cast<std::size_t>(server)];
    }
    // Of its state directory; null where mounts cannot be made.
    support::SmallDisk* disk(int daemon) { return daemon_at(daemon).disk.get(); }
    // A daemon that believes itself alone lets its agents run on when it cannot renew its leases,
    // beside those of one that came meanwhile. This waits until each has heard of the others.
    void until_they_know_each_other();
    std::string log_of(int daemon) const { return daemon_at(daemon).program->err(); }
    bool is_running(int daemon) const { return daemon_at(daemon).program != nullptr; }
    static std::string name_of(int daemon) { return daemon == 0 ? "a" : "b"; }

    support::PostgresServer& primary() { return *servers_[primary_]; }
    // The primary dies, the standby takes over, and a new one is made.
    void fail_over();

    // The attempts that have a living shim, with its pid.
    std::vector<std::pair<int, Run>> shims() const;
    // Of agents and shims of this site, for people.
    std::vector<std::string> processes() const;

    Client& client() { return client_; }
    const std::map<int, std::string>& daemon_pids() const { return daemon_pids_; }
    std::filesystem::path accounts() const { return settings_.keep / "accounts"; }
    std::filesystem::path directory() const { return directory_.path(); }
    const Settings& settings() const { return settings_; }

private:
    struct Daemon {
        std::unique_ptr<support::SmallDisk> disk;
        std::array<std::unique_ptr<support::CuttingProxy>, 2> proxies;
        std::unique_ptr<support::Program> program;
    };

    Daemon& daemon_at(int daemon) { return daemons_[static_cast<std::size_t>(daemon)]; }
    const Daemon& daemon_at(int daemon) const { return daemons_[static_cast<std::size_t>(daemon)]; }
    std::string client_conninfo() const;
    std::string conninfo(const Daemon& daemon) const;
    void follow();
    std::filesystem::path state(int daemon) const;

    const Settings settings_;
    support::TemporaryDirectory directory_;
    std::array<std::unique_ptr<support::PostgresServer>, 2> servers_;
    std::size_t primary_ = 0;
    std::array<Daemon, 2> daemons_;
    Client client_;
    std::map<int, std::string> daemon_pids_;
};

// Looks every 20 ms until it holds: processes and files give no event. False: it never did.
bool comes(const std::function<bool()>& holds, base::Millis within = base::Seconds(120));

} // namespace agentcron::chaos
