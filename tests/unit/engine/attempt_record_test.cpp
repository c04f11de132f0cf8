#include "engine/attempt_record.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron;
using engine::AttemptRecord;

namespace {

const base::Instant some_day{std::chrono::microseconds(1'764'000'000'123'456)};

AttemptRecord full() {
    AttemptRecord record;
    auto& claimed = record.claimed;
    claimed.lease = {42, 3, "0b1c", "2026-11-26"};
    claimed.attempt = 2;
    claimed.schedule = "nightly \"x\"";
    claimed.fire_time = some_day;
    claimed.run_at = some_day;
    claimed.agent = "a";
    claimed.driver = "jsonl";
    claimed.agent_config = R"({"command":["sh"]})";
    claimed.spec = R"({"prompt":"p"})";
    claimed.session_id = "s";
    claimed.goes_on = true;
    claimed.continues = 41;
    claimed.lost_session = "l";
    claimed.was_limited = true;
    claimed.limit_waits = 4;
    claimed.spent = {1.5, 2, 3};
    claimed.shared_accounts = {
        {"its day", {.cost_usd = 2.5, .turns = {}, .tokens = 9}, {0.5, 1, 1}}};
    claimed.last_success_at = some_day;
    claimed.answers = {{"q", "Which?", "main", true, R"({"tool":"Bash"})"}};
    claimed.inputs = R"({"step":1})";
    claimed.total_left = base::Millis(1234);
    claimed.keys = {"schedule:1", "agent:a"};
    claimed.watched = true;
    auto& prepared = record.prepared;
    prepared.working_directory = "/w";
    prepared.variables = {{"A", "1"}, {"B", ""}};
    prepared.values.context = {{"mails", "[1]"}};
    prepared.context = R"({"mails":[1]})";
    prepared.workspace.emplace();
    prepared.workspace->id = 6;
    prepared.workspace->path = "/w";
    prepared.workspace->branch = "agent/42";
    prepared.output_end = 77;
    record.begun = base::Millis(99);
    record.started_ahead = true;
    record.standing = AttemptRecord::Standing{"ahead.3", 17, true};
    return record;
}

} // namespace

TEST_CASE("what an attempt was started with is read back", "[unit][engine]") {
    for (const auto& record : {full(), AttemptRecord{}}) {
        const auto read = engine::attempt_record_from(to_text(record));
        REQUIRE(read.has_value());
        CHECK(to_text(*read) == to_text(record));
    }
    const auto read = *engine::attempt_record_from(to_text(full()));
    CHECK(read.claimed.lease.run_no == 3);
    CHECK(read.claimed.fire_time == some_day);
    CHECK(read.claimed.driver == "jsonl");
    CHECK(read.claimed.total_left == base::Millis(1234));
    CHECK(read.claimed.shared_accounts.at(0).budget.tokens == 9);
    CHECK_FALSE(read.claimed.shared_accounts.at(0).budget.turns);
    CHECK(read.claimed.answers.at(0).expired);
    CHECK(read.prepared.variables.at(1).first == "B");
    CHECK(read.prepared.workspace->branch == "agent/42");
    CHECK(read.prepared.output_end == 77);
    CHECK(read.begun == base::Millis(99));
    CHECK_FALSE(engine::attempt_record_from(to_text(AttemptRecord{}))->claimed.driver);
}

TEST_CASE("a record that cannot be read says why", "[unit][engine]") {
    CHECK(engine::attempt_record_from("").has_error());
    CHECK(engine::attempt_record_from("[]").has_error());
    CHECK(engine::attempt_record_from("{}").has_error());
    auto object = boost::json::parse(to_text(full())).as_object();
    object["version"] = AttemptRecord::version + 1;
    CHECK(engine::attempt_record_from(boost::json::serialize(object)).error() ==
          "it is of a newer agentcron (format 2)");
    object["version"] = 1;
    object.at("claimed").as_object().erase("token");
    CHECK(engine::attempt_record_from(boost::json::serialize(object)).has_error());
}
