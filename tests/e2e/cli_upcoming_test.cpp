// What fires next, as the command computes it from the declarations.
#include "e2e/cli_fixture.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;

TEST_CASE("upcoming shows the fire times of all schedules in order", "[e2e][cli]") {
    CommandLine cli;
    const auto none = cli.run({"upcoming"});
    CHECK(none.exit_code == 0);
    CHECK_THAT(none.err, Contains("nothing is due within 7 days"));
    CHECK(cli.out({"upcoming", "--json"}) == "[]\n");

    cli.declare_schedule("nightly");
    cli.declare_schedule("hourly");
    cli.database.execute("update agentcron.schedules set cron = '0 * * * *' where name = 'hourly'");
    const auto times = cli.json({"upcoming", "--days", "2"}).as_array();
    REQUIRE(times.size() == 50);
    const auto count = [&](const char* name) {
        return std::count_if(times.begin(), times.end(),
                             [&](const auto& time) { return time.at("schedule") == name; });
    };
    CHECK(count("nightly") == 2);
    CHECK(count("hourly") == 48);
    CHECK(std::is_sorted(times.begin(), times.end(), [](const auto& a, const auto& b) {
        return a.at("fire_time").as_string() < b.at("fire_time").as_string();
    }));
    CHECK(times[0].at("due_in_s").to_number<double>() > 0);
    const auto cut = cli.run({"upcoming", "-n", "3"});
    CHECK_THAT(cut.err, Contains("there are more within 7 days"));
    CHECK_THAT(cut.out, Contains("DUE") && Contains("hourly"));
}

TEST_CASE("upcoming leaves out what does not fire, and says so of one by name", "[e2e][cli]") {
    CommandLine cli;
    cli.declare_schedule("nightly");
    CHECK(cli.json({"upcoming", "nightly"}).as_array().size() == 7);
    cli.out({"pause", "nightly", "--reason", "release week", "--by", "ann"});
    const auto paused = cli.run({"upcoming", "nightly"});
    CHECK(paused.exit_code == 0);
    CHECK(paused.out.empty());
    CHECK_THAT(paused.err, Contains("`nightly` is paused since") &&
                               Contains("by ann: release week; `agentcron resume nightly`"));
    CHECK(cli.json({"upcoming"}).as_array().empty());
    cli.out({"resume", "nightly"});
    cli.database.execute("update agentcron.schedules set enabled = false");
    CHECK_THAT(cli.run({"upcoming", "nightly"}).err, Contains("`nightly` is disabled"));
    const auto unknown = cli.run({"upcoming", "nigthly"});
    CHECK(unknown.exit_code == 4);
    CHECK_THAT(unknown.err, Contains("did you mean 'nightly'"));
    CHECK(cli.run({"upcoming", "--days", "0"}).exit_code == 2);
}

TEST_CASE("upcoming keeps a schedule's bounds", "[e2e][cli]") {
    CommandLine cli;
    cli.declare_schedule("nightly");
    cli.database.execute("update agentcron.schedules set exclude = array[((now() at time zone "
                         "'UTC')::date + 3)::text]");
    CHECK(cli.json({"upcoming"}).as_array().size() == 6);
    cli.database.execute("update agentcron.schedules set max_runs = 5");
    cli.database.execute("update agentcron.schedules set runs = 3");
    CHECK(cli.json({"upcoming"}).as_array().size() == 2);
    cli.database.execute("update agentcron.schedules set cron = 'nonsense'");
    const auto wrong = cli.run({"upcoming"});
    CHECK_THAT(wrong.err, Contains("`nightly` cannot fire: cron: "));
    CHECK(wrong.exit_code == 0);
}
