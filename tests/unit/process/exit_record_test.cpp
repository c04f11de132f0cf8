#include "process/exit_record.hpp"

#include "support/catch.hpp"

namespace agentcron::process {
namespace {

ExitRecord example() {
    ExitRecord record;
    record.exit_code = 75;
    record.deadline_hit = true;
    record.lease_over = true;
    record.output_limit_hit = true;
    record.terminated = true;
    record.spool_bytes = 1ull << 40;
    record.spool_stalls = 3;
    record.lost_bytes = 9;
    record.survivors = 1;
    record.oom_kills = 2;
    record.user_micros = 123;
    record.system_micros = 456;
    record.max_rss_kib = 789;
    record.started_at = base::Instant(std::chrono::microseconds(1'700'000'000'000'001));
    record.ended_at = base::Instant(std::chrono::microseconds(1'700'000'000'000'002));
    return record;
}

} // namespace

TEST_CASE("an exit record comes back as it was written", "[unit][process]") {
    const ExitRecord record = example();
    const auto read = parse_exit_record(format_exit_record(record));
    REQUIRE(read.has_value());
    CHECK(read->stage == "ran");
    CHECK(read->exit_code == 75);
    CHECK_FALSE(read->signal.has_value());
    CHECK(read->deadline_hit);
    CHECK(read->lease_over);
    CHECK(read->output_limit_hit);
    CHECK(read->terminated);
    CHECK(read->spool_bytes == record.spool_bytes);
    CHECK(read->spool_stalls == 3);
    CHECK(read->lost_bytes == 9);
    CHECK(read->survivors == 1);
    CHECK(read->oom_kills == 2);
    CHECK(read->user_micros == 123);
    CHECK(read->system_micros == 456);
    CHECK(read->max_rss_kib == 789);
    CHECK(read->started_at == record.started_at);
    CHECK(read->ended_at == record.ended_at);
}

TEST_CASE("an exit record of a signal and of a failed stage", "[unit][process]") {
    ExitRecord record;
    record.signal = 9;
    auto read = parse_exit_record(format_exit_record(record));
    CHECK(read->signal == 9);
    CHECK_FALSE(read->exit_code.has_value());

    record = ExitRecord{};
    record.stage = "exec";
    record.error = 2;
    read = parse_exit_record(format_exit_record(record));
    CHECK(read->stage == "exec");
    CHECK(read->error == 2);
    CHECK_FALSE(read->signal.has_value());
}

TEST_CASE("an exit record that is cut off anywhere is refused", "[unit][process]") {
    const std::string whole = format_exit_record(example());
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK_FALSE(parse_exit_record(whole.substr(0, size)).has_value());
}

TEST_CASE("a newer shim's exit record is read without what is unknown", "[unit][process]") {
    const auto read =
        parse_exit_record("agentcron-exit 7\nstage ran\nmood good\nodd\nexit_code 0\nend\n");
    REQUIRE(read.has_value());
    CHECK(read->exit_code == 0);
}

TEST_CASE("garbage is no exit record", "[unit][process]") {
    CHECK_FALSE(parse_exit_record("").has_value());
    CHECK_FALSE(parse_exit_record(std::string(1024, '\0')).has_value());
    CHECK_FALSE(parse_exit_record("end\n").has_value());
    CHECK_FALSE(parse_exit_record("agentcron-meta 1\nstage ran\nend\n").has_value());
    CHECK_FALSE(parse_exit_record("agentcron-exit 1\nend\n").has_value());
}

} // namespace agentcron::process
