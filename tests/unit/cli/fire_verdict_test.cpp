#include "cli/fire_verdict.hpp"

#include "base/timestamps.hpp"
#include "schedule/validate.hpp"
#include "support/catch.hpp"

using namespace agentcron;
using namespace agentcron::cli;
using Catch::Contains;
using Kind = Verdict::Kind;

namespace {

base::Instant at(const char* text) {
    return *base::from_rfc3339(text);
}

// Every day at 03:00 in Berlin, made in 2026; now is May the 10th.
class Nightly {
public:
    schedule::Schedule declared;
    bool enabled = true;
    std::optional<PausedSpan> pause;

    Nightly() {
        declared.name = "nightly";
        declared.cron = "0 3 * * *";
        declared.timezone = "Europe/Berlin";
    }
    Verdict says(const char* time) {
        const auto rule = schedule::fire_rule(declared, zones_);
        REQUIRE(rule.has_value());
        return verdict({.cron = declared.cron,
                        .timezone = declared.timezone,
                        .rule = *rule,
                        .created_at = at("2026-01-01T00:00:00Z"),
                        .now = at("2026-05-10T12:00:00Z"),
                        .enabled = enabled,
                        .pause = pause},
                       at(time));
    }

private:
    cron::ZoneCache zones_;
};

} // namespace

TEST_CASE("a time that the expression does not match has its neighbours named", "[unit][cli]") {
    Nightly nightly;
    const auto said = nightly.says("2026-03-29T12:00:00Z");
    CHECK(said.kind == Kind::not_due);
    CHECK(said.words == "nothing was due: `0 3 * * *` (Europe/Berlin) does not match; it fires at "
                        "2026-03-29T01:00:00Z and 2026-03-30T01:00:00Z");
    CHECK(nightly.says("2026-03-29T01:00:00.5Z").kind == Kind::not_due);
    CHECK_THAT(nightly.says("2026-06-01T12:00:00Z").words, Contains("nothing is due"));
}

TEST_CASE("a due time without a task is told by the schedule's bounds", "[unit][cli]") {
    Nightly nightly;
    nightly.declared.starts_at = at("2026-02-01T00:00:00Z");
    nightly.declared.ends_at = at("2026-05-01T00:00:00Z");
    nightly.declared.exclude = {"2026-03-01/2026-03-07"};
    const auto before = nightly.says("2026-01-15T02:00:00Z");
    CHECK(before.kind == Kind::before_start);
    CHECK(before.words == "not run: it starts at 2026-02-01T00:00:00Z (starts_at)");
    const auto after = nightly.says("2026-05-02T01:00:00Z");
    CHECK(after.kind == Kind::after_end);
    CHECK(after.words == "not run: it ends at 2026-05-01T00:00:00Z (ends_at)");
    const auto excluded = nightly.says("2026-03-03T02:00:00Z");
    CHECK(excluded.kind == Kind::excluded);
    CHECK(excluded.words ==
          "not run: excluded from 2026-02-28T23:00:00Z to 2026-03-07T23:00:00Z (exclude)");
    CHECK(nightly.says("2026-03-08T02:00:00Z").kind == Kind::no_record);
}

TEST_CASE("a due time within a pause says who paused, and why", "[unit][cli]") {
    Nightly nightly;
    nightly.pause =
        PausedSpan{at("2026-04-01T00:00:00Z"), at("2026-04-08T00:00:00Z"), "ann", "release week"};
    const auto past = nightly.says("2026-04-02T01:00:00Z");
    CHECK(past.kind == Kind::paused);
    CHECK(past.words == "not run: paused from 2026-04-01T00:00:00Z to 2026-04-08T00:00:00Z by ann: "
                        "release week");
    nightly.pause = PausedSpan{at("2026-04-01T00:00:00Z"), std::nullopt, "", ""};
    CHECK(nightly.says("2026-06-02T01:00:00Z").words ==
          "paused since 2026-04-01T00:00:00Z by somebody");
    CHECK(nightly.says("2026-04-02T05:00:00Z").kind == Kind::not_due);
}

TEST_CASE("times to come and times before the schedule are told apart", "[unit][cli]") {
    Nightly nightly;
    CHECK(nightly.says("2026-05-11T01:00:00Z").words == "not yet due");
    const auto before = nightly.says("2025-12-24T02:00:00Z");
    CHECK(before.kind == Kind::before_creation);
    CHECK(before.words == "before the schedule existed: it was made at 2026-01-01T00:00:00Z");
    CHECK(nightly.says("2026-05-09T01:00:00Z").kind == Kind::no_record);
    nightly.enabled = false;
    CHECK(nightly.says("2026-05-09T01:00:00Z").words == "not run: the schedule is disabled");
    CHECK(nightly.says("2026-05-11T01:00:00Z").words == "not due: it is disabled");
}

TEST_CASE("a schedule without times of its own says what it waits for", "[unit][cli]") {
    Nightly nightly;
    nightly.declared.cron = "@reboot";
    CHECK(nightly.says("2026-05-09T01:00:00Z").words ==
          "nothing was due: it runs when the machine has started");
    nightly.declared.cron = "";
    nightly.declared.after = {"other"};
    CHECK(nightly.says("2026-05-09T01:00:00Z").words ==
          "nothing was due: it fires only after others have succeeded");
}

TEST_CASE("every verdict has a word of its own", "[unit][cli]") {
    CHECK(name(Kind::not_due) == "not_due");
    CHECK(name(Kind::no_record) == "no_record");
}
