// schedule::ScheduleStore on PostgreSQL, with one session of its own.
#pragma once

#include "cron/zone_cache.hpp"
#include "db/database_thread.hpp"
#include "db/declarations.hpp"
#include "schedule/schedule_store.hpp"

namespace agentcron::db {

struct SchedulerIdentity {
    std::string host;
    int pid = 0;
    std::string version;
    base::Instant booted_at{}; // when this machine started: the fire time of `@reboot` schedules
};

class PgScheduleStore final : public schedule::ScheduleStore {
public:
    // `clock` decides what is due; nullptr: the database's own.
    PgScheduleStore(boost::asio::io_context& loop, const std::string& conninfo,
                    SchedulerIdentity identity, const base::Clock* clock,
                    std::function<void(bool, std::string)> on_state);

    void tick(std::function<void(schedule::Tick)> then) override;
    // Tells workers of other processes that there is something to claim; in a transaction without
    // data, because one with data would serialise every commit of the server.
    void announce_ready() override;
    // Writes what YAML declares; `then` on the loop thread. Waits while the database is away.
    void apply(std::vector<agent::Profile> agents, std::vector<schedule::Schedule> schedules,
               std::string origin, std::function<void(Applied)> then);

    // The last write of a scheduler that ends in order; the time after it is downtime.
    void stopped(std::function<void()> then);

private:
    // This scheduler's row of `schedulers`.
    struct Life {
        std::string id; // "": none yet
        base::Instant seen_at{};
    };
    Life say_alive(Session& session, base::Instant now);
    void run_tick(Session& session, schedule::Tick& tick);

    const SchedulerIdentity identity_;
    const base::Clock* clock_;
    // The database thread's.
    Life life_;
    Life next_life_; // once the tick is committed
    cron::ZoneCache zones_;
    bool zones_checked_ = false; // every stored fire time fits the zone data
    bool boot_told_ = false;     // `@reboot` schedules have their row for this boot
    DatabaseThread thread_;
};

} // namespace agentcron::db
