#include "cli/doctor_server.hpp"

#include "base/text.hpp"
#include "cli/time_text.hpp"

#include <array>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

constexpr std::int64_t version_num_min = 150'000;
constexpr double round_trip_max_s = 0.25;
// A daemon has seven sessions, and one for each query of context that runs.
constexpr std::int64_t sessions_left_min = 10;
constexpr std::size_t drifts_shown = 15;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

base::Finding drift_finding(const db::Drift& drift) {
    const auto& object = drift.object;
    const auto name = fmt::format("{} {}", object.kind, object.name);
    // Hashes say nothing to a person; an index or a constraint is told as it should be.
    const bool is_hashed = object.kind == "function" || object.kind == "view";
    const auto should_be =
        is_hashed || object.definition.empty()
            ? std::string("its text stands in the migrations of this version's source")
            : base::one_line(object.definition, 400);
    switch (drift.kind) {
    case db::Drift::Kind::missing:
        return {"objects", State::failed, name + " is missing", "Make it again: " + should_be};
    case db::Drift::Kind::changed:
        return {"objects", State::failed,
                is_hashed || drift.actual.empty() ? name + " was changed"
                                                  : fmt::format("{} was changed, it is: {}", name,
                                                                base::one_line(drift.actual, 400)),
                "Change it back: " + should_be};
    case db::Drift::Kind::unexpected:
        return {"objects", State::warning, name + " is none of agentcron's",
                "Things of your own belong in another schema: a later migration may need the name"};
    }
    return {};
}

} // namespace

std::string advice_for_unreachable(std::string_view message, std::string_view from) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 8> known{{
        {"password authentication failed",
         "Check the user and the password (~/.pgpass, PGPASSWORD)"},
        {"no password supplied", "Give the password in ~/.pgpass or PGPASSWORD"},
        {"no pg_hba.conf entry", "Let this user and host in by pg_hba.conf of the server"},
        {"Peer authentication failed", "Run it as the user of that name, or change pg_hba.conf"},
        {"could not translate host name", "Check the host's name"},
        {"timeout expired", "Check the host and port, and the firewall between here and there"},
        {"too many clients", "Raise max_connections, or end what holds the sessions"},
        {"remaining connection slots", "Raise max_connections, or end what holds the sessions"},
    }};
    const auto source = fmt::format("; the database was named by {}", from);
    for (const auto& [part, advice] : known)
        if (contains(message, part)) return std::string(advice) + source;
    if (contains(message, "does not exist"))
        return "Make it with createdb or createuser, or correct the name" + source;
    return "Check that PostgreSQL runs there and listens (systemctl status postgresql)" + source;
}

Findings judge_server(const db::Table& server, double round_trip_s) {
    const Facts facts(server, 0);
    const auto what = [&](State state, std::string detail, std::string advice) {
        return base::Finding{"server", state, std::move(detail), std::move(advice)};
    };
    if (facts.count("version_num") < version_num_min)
        return {what(State::failed, fmt::format("PostgreSQL {} is too old", facts.text("version")),
                     "agentcron needs PostgreSQL 15 or newer")};
    if (facts.is_true("standby"))
        return {what(State::failed, "it is a standby: nothing can be written",
                     "Name the primary, or all hosts with target_session_attrs=read-write")};
    if (facts.is_true("read_only"))
        return {what(State::failed, "sessions are read-only: nothing can be written",
                     "Find who sets default_transaction_read_only: the server, the database, the "
                     "role or PGOPTIONS")};
    Findings findings{
        what(State::ok,
             fmt::format("PostgreSQL {}, {}{}, database {}, role {}, a round trip takes {}",
                         facts.text("version"), facts.is_true("local") ? "local" : "remote",
                         facts.is_true("ssl") ? ", encrypted" : "", facts.text("database"),
                         facts.text("role"), span_text(round_trip_s)),
             "")};
    if (!facts.is_true("local") && !facts.is_true("ssl"))
        findings.push_back(what(State::warning, "the connection is not encrypted",
                                "Use sslmode=verify-full, or a network that nobody else is in"));
    if (round_trip_s > round_trip_max_s)
        findings.push_back(what(State::warning,
                                fmt::format("a round trip takes {}", span_text(round_trip_s)),
                                "Every claim takes a few: run workers near the database"));
    return findings;
}

Findings judge_sessions(const db::Table& sessions) {
    const Facts facts(sessions, 0);
    const auto left = facts.count("available") - facts.count("used");
    const auto detail =
        fmt::format("{} of {} are taken", facts.count("used"), facts.count("available"));
    if (left >= sessions_left_min) return {{"sessions", State::ok, detail, ""}};
    return {{"sessions", State::warning, detail,
             "Raise max_connections: a daemon has seven sessions, a command one"}};
}

Findings judge_role(const db::Table& role) {
    if (role.rows.empty()) return {}; // there is no schema yet
    const Facts facts(role, 0);
    const auto refused = facts.text("refused");
    if (refused.empty())
        return {{"role", State::ok, facts.text("role") + " may do what a daemon does", ""}};
    return {{"role", State::failed,
             fmt::format("{} may not {}", facts.text("role"), shortened(refused, 3)),
             fmt::format("Run daemons as {}, who owns the schema, or grant it: grant {} to {}",
                         facts.text("owner"), facts.text("owner"), facts.text("role"))}};
}

Findings judge_context_role(const db::Table& role, bool elsewhere) {
    const Facts facts(role, 0);
    const auto users = facts.count("users");
    const auto what = [](State state, std::string detail, std::string advice = {}) {
        return base::Finding{"context", state, std::move(detail), std::move(advice)};
    };
    if (elsewhere)
        return {what(State::unknown, "the configuration names another database or role for it")};
    if (facts.is_true("is_super") || !facts.text("writes").empty())
        return {what(State::failed,
                     facts.is_true("is_super")
                         ? "agentcron_context is a superuser: queries of context may do anything"
                         : "agentcron_context may write " + shortened(facts.text("writes"), 3),
                     "Take it away: it should only read what its queries need")};
    if (users == 0) return {what(State::ok, "no schedule has queries of context")};
    const auto using_it = counted(users, "schedule") + " with queries of context";
    if (!facts.is_true("present"))
        return {what(State::failed, "there is no role agentcron_context for " + using_it,
                     "Call agentcron.make_context_role() by SQL, then give it a password")};
    if (!facts.is_true("can_login") || !facts.is_true("can_use"))
        return {what(State::failed,
                     fmt::format("agentcron_context may not {}, for {}",
                                 facts.is_true("can_login") ? "use the schema agentcron" : "log in",
                                 using_it),
                     "alter role agentcron_context login; grant usage on schema agentcron to "
                     "agentcron_context")};
    return {what(State::ok, "agentcron_context may read, for " + using_it)};
}

Findings judge_notify(bool was_heard, double queue_use) {
    constexpr double use_high = 0.1, use_full = 0.5;
    Findings findings;
    if (!was_heard)
        findings.push_back({"notify", State::failed, "a notification did not arrive",
                            "Connect without a pooler that shares sessions: workers are woken by "
                            "notifications, and look by themselves only every half minute"});
    if (queue_use >= use_high)
        findings.push_back(
            {"notify", queue_use >= use_full ? State::failed : State::warning,
             fmt::format("the queue of notifications is {:.0f}% full", 100 * queue_use),
             "End the session that listens and does not read: see horizon; a full "
             "queue makes every commit with a notification fail"});
    if (findings.empty())
        findings.push_back({"notify", State::ok, "notifications arrive at once", ""});
    return findings;
}

Findings judge_drift(const db::Manifest& expected, const db::Manifest& actual) {
    const auto drifts = db::compare(expected, actual);
    Findings findings;
    for (std::size_t i = 0; i < std::min(drifts.size(), drifts_shown); ++i)
        findings.push_back(drift_finding(drifts[i]));
    if (drifts.size() > drifts_shown)
        findings.push_back({"objects", State::failed,
                            fmt::format("and {} more", drifts.size() - drifts_shown), ""});
    const auto bodies =
        expected.major == actual.major
            ? std::string()
            : fmt::format("; the bodies of views were not compared: their text here is that of "
                          "PostgreSQL {}, the manifest's of {}",
                          actual.major, expected.major);
    if (findings.empty())
        findings.push_back({"objects", State::ok,
                            fmt::format("all {} are as the migrations make them{}",
                                        expected.objects.size(), bodies),
                            ""});
    return findings;
}

} // namespace agentcron::cli
