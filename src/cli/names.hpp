// Schedules by name, for commands that take one.
#pragma once

#include "db/client.hpp"

#include <string>

namespace agentcron::cli {

// Runs `query`; if the server says that there is no such thing (AC001), throws NotFound with its
// message and the nearest name of a schedule.
template <class Query>
auto with_suggestion(db::Client& client, const std::string& name, Query query);

// Throws NotFound with the nearest name.
[[noreturn]] void no_such_schedule(db::Client& client, const std::string& name);

template <class Query>
auto with_suggestion(db::Client& client, const std::string& name, Query query) {
    try {
        return query();
    } catch (const db::Refused& refused) {
        if (refused.sqlstate != "AC001") throw;
    }
    no_such_schedule(client, name);
}

} // namespace agentcron::cli
