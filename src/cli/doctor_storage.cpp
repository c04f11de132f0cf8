#include "cli/doctor_storage.hpp"

#include "cli/time_text.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

// A claim walks over dead rows of the queue: tens of thousands make it many times slower.
constexpr double dead_many = 20'000;
constexpr double dead_share = 0.5;
// PostgreSQL itself hurries from 1.6 billion on (vacuum_failsafe_age) and stops at 2.1.
constexpr double age_bad = 1'600'000'000;

base::Finding holder_finding(const Facts& facts) {
    const auto kind = facts.text("kind"), name = facts.text("name");
    const auto age = span_text(facts.number("age_s"));
    if (kind == "session")
        return {"horizon", State::warning,
                fmt::format("session {} of {} ({}, {}) has a transaction that is open for {}", name,
                            facts.text("owner"), facts.text("program"), facts.text("state"), age),
                fmt::format("It keeps dead rows from being removed. Finish it, or: select "
                            "pg_terminate_backend({})",
                            name)};
    if (kind == "prepared")
        return {"horizon", State::warning,
                fmt::format("the prepared transaction {} of {} is {} old", name,
                            facts.text("owner"), age),
                fmt::format("commit prepared '{0}', or rollback prepared '{0}'", name)};
    return {"horizon", State::warning,
            fmt::format("nobody uses the replication slot {}, and it keeps {} of WAL", name,
                        facts.text("program")),
            fmt::format("If nobody comes back: select pg_drop_replication_slot('{}')", name)};
}

} // namespace

Findings judge_partitions(const db::Table& partitions) {
    const Facts facts(partitions, 0);
    Findings findings;
    const auto missing = facts.text("missing");
    if (!missing.empty())
        findings.push_back({"partitions", State::failed,
                            "output has no partition for " + shortened(missing, 3),
                            "agentcron doctor --fix makes them; a worker does so every few hours"});
    if (const auto detaching = facts.text("detaching"); !detaching.empty())
        findings.push_back({"partitions", State::warning,
                            "not quite detached: " + shortened(detaching, 3),
                            "alter table agentcron.output detach partition agentcron.NAME "
                            "finalize"});
    if (findings.empty())
        findings.push_back(
            {"partitions", State::ok,
             fmt::format("{} of output, {}, from {} to days ahead", facts.count("partitions"),
                         facts.text("size"), facts.text("oldest")),
             ""});
    return findings;
}

Findings judge_vacuum(const db::Table& tables) {
    Findings findings;
    for (std::size_t row = 0; row < tables.rows.size(); ++row) {
        const Facts facts(tables, row);
        const auto name = facts.text("name");
        if (!facts.is_true("automatic"))
            findings.push_back({"vacuum", State::failed, name + " is never vacuumed by itself",
                                "Switch autovacuum on: the server's setting, or that of the "
                                "table"});
        const auto dead = facts.number("dead");
        if (dead < dead_many || dead < dead_share * facts.number("live")) continue;
        findings.push_back(
            {"vacuum", State::warning,
             fmt::format("{} has {:.0f} dead rows beside {:.0f}, {}", name, dead,
                         facts.number("live"),
                         facts.has("vacuumed_s")
                             ? fmt::format("vacuumed {} ago", span_text(facts.number("vacuumed_s")))
                             : std::string("never vacuumed")),
             fmt::format("vacuum agentcron.{}; if that does not help see horizon, and if it comes "
                         "back let autovacuum come more often",
                         name)});
    }
    if (findings.empty())
        findings.push_back({"vacuum", State::ok, "the busy tables are clean", ""});
    return findings;
}

Findings judge_horizon(const db::Table& holders) {
    Findings findings;
    for (std::size_t row = 0; row < holders.rows.size(); ++row)
        findings.push_back(holder_finding(Facts(holders, row)));
    if (findings.empty())
        findings.push_back({"horizon", State::ok, "nobody keeps dead rows from being removed", ""});
    return findings;
}

Findings judge_limits(const db::Table& limits) {
    const Facts facts(limits, 0);
    Findings findings;
    const auto judge = [&](std::string_view kind, std::string_view column, std::string_view goal) {
        const auto age = facts.number(column);
        if (age < 2 * facts.number(goal) && age < age_bad) return;
        findings.push_back(
            {"ids", age < age_bad ? State::warning : State::failed,
             fmt::format("the oldest {} is {:.0f} million behind", kind, age / 1'000'000),
             "At 2100 million PostgreSQL stops writing. See horizon, then: vacuum "
             "(freeze) the tables of pg_class with the greatest age(relfrozenxid)"});
    };
    judge("transaction id", "xid_age", "xid_goal");
    judge("multixact", "mxid_age", "mxid_goal");
    if (findings.empty())
        findings.push_back({"ids", State::ok,
                            fmt::format("the oldest transaction id is {:.1f} million behind",
                                        facts.number("xid_age") / 1'000'000),
                            ""});
    return findings;
}

} // namespace agentcron::cli
