// The table `forecasts`: coming fire times, for those who look at the view `upcoming`. It is a
// convenience that is renewed when it runs short; what fires is decided by the cursors alone.
#pragma once

#include "db/database_thread.hpp"
#include "schedule/fire_rule.hpp"
#include "schedule/schedule.hpp"

#include <vector>

namespace agentcron::db {

struct ForecastOf {
    std::int64_t schedule_id = 0;
    schedule::Schedule schedule;
    schedule::FireRule rule;
    std::int64_t runs = 0;
    bool fires = true;
};

// `changed`: their declarations are new, so what was forecast is void; else only those whose
// forecast runs short are renewed.
void write_forecasts(Session& session, const std::vector<ForecastOf>& of, bool changed,
                     base::Instant now);

} // namespace agentcron::db
