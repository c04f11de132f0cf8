// What doctor makes of the server, the role and the schema. Pure: each judge gets the rows of the
// statement of its name (db/sql/doctor_server.sql) and gives one finding at least.
#pragma once

#include "cli/doctor_facts.hpp"
#include "db/manifest.hpp"

namespace agentcron::cli {

// What to check when the database cannot be reached; `from` says where its name came from.
std::string advice_for_unreachable(std::string_view message, std::string_view from);

// `round_trip_s`: the quickest of several.
Findings judge_server(const db::Table& server, double round_trip_s);
Findings judge_sessions(const db::Table& sessions);
Findings judge_role(const db::Table& role);
// `elsewhere`: the configuration names another database for the queries of context.
Findings judge_context_role(const db::Table& role, bool elsewhere);
// A notification that was sent to oneself; false behind a pooler that shares sessions.
Findings judge_notify(bool was_heard, double queue_use);
Findings judge_drift(const db::Manifest& expected, const db::Manifest& actual);

} // namespace agentcron::cli
