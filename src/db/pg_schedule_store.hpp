// schedule::ScheduleStore on PostgreSQL, with one session of its own.
#pragma once

#include "cron/zone_cache.hpp"
#include "db/database_thread.hpp"
#include "db/declarations.hpp"
#include "schedule/schedule_store.hpp"

namespace agentcron::db {

class PgScheduleStore final : public schedule::ScheduleStore {
public:
    // `booted_at`: when this machine started; the fire time of `@reboot` schedules.
    PgScheduleStore(boost::asio::io_context& loop, const std::string& conninfo,
                    base::Instant booted_at, std::function<void(bool, std::string)> on_state);

    void tick(std::function<void(schedule::Tick)> then) override;
    // Tells workers of other processes that there is something to claim; in a transaction without
    // data, because one with data would serialise every commit of the server.
    void announce_ready() override;
    // Writes what YAML declares; `then` on the loop thread. Waits while the database is away.
    void apply(std::vector<agent::Profile> agents, std::vector<schedule::Schedule> schedules,
               std::string origin, std::function<void(Applied)> then);

private:
    // The database thread's.
    cron::ZoneCache zones_;
    bool zones_checked_ = false; // every stored fire time fits the zone data
    bool boot_told_ = false;     // `@reboot` schedules have their row for this boot
    const base::Instant booted_at_;
    DatabaseThread thread_;
};

} // namespace agentcron::db
