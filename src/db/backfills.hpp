// Backfills make progress with each tick: as many fire times become tasks as have room.
#pragma once

#include "cron/zone_cache.hpp"
#include "db/database_thread.hpp"

namespace agentcron::db {

// True if tasks were queued.
bool work_on_backfills(Session& session, cron::ZoneCache& zones, base::Instant now);

} // namespace agentcron::db
