#include "cron/batch.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace agentcron {
namespace {

using namespace agentcron::test;

std::string answer(const std::string& line) {
    static cron::ZoneCache zones;
    return cron::Batch(zones, at("2026-03-29 00:00")).answer(line);
}

TEST_CASE("a line is answered with its next times in UTC", "[unit][cron]") {
    CHECK(answer(R"({"id":"a","expr":"30 2 * * *","tz":"Europe/Berlin",)"
                 R"("from":"2026-03-28T12:00:00Z","count":2})") ==
          R"({"id":"a","next":["2026-03-29T01:00:00Z","2026-03-30T00:30:00Z"]})");
    CHECK(answer(R"({"id":7,"expr":"0 0 29 2 *","from":"2196-01-01T00:00:00Z","count":5})") ==
          R"({"id":7,"next":["2196-02-29T00:00:00Z"]})");
    CHECK(answer(R"({"id":"b","expr":"@daily","count":0})") == R"({"id":"b","next":[]})");
    CHECK(answer(R"({"expr":"@daily"})") == R"({"id":null,"next":["2026-03-30T00:00:00Z"]})");
    CHECK(answer(R"({"id":"c","expr":"@reboot","count":3})") == R"({"id":"c","next":[]})");
    CHECK(answer(R"({"id":"d","expr":"0 0 30 2 *","count":3})") == R"({"id":"d","next":[]})");
}

TEST_CASE("from is exclusive and the anchor of a period", "[unit][cron]") {
    CHECK(answer(R"({"id":1,"expr":"0 12 * * *","from":"2026-05-01T12:00:00Z"})") ==
          R"({"id":1,"next":["2026-05-02T12:00:00Z"]})");
    CHECK(answer(R"({"id":1,"expr":"@every 90m","from":"2026-05-01T12:00:00Z","count":2})") ==
          R"({"id":1,"next":["2026-05-01T13:30:00Z","2026-05-01T15:00:00Z"]})");
}

TEST_CASE("the id is the job of H", "[unit][cron]") {
    CHECK(answer(R"({"id":"nightly-triage","expr":"H H * * *"})") ==
          R"({"id":"nightly-triage","next":["2026-03-29T09:48:00Z"]})");
}

TEST_CASE("what is wrong with a line is said in its answer", "[unit][cron]") {
    const auto check = [](const std::string& line, const std::string& part) {
        const std::string told = answer(line);
        CAPTURE(told);
        CHECK(told.find("\"error\":") != std::string::npos);
        CHECK(told.find(part) != std::string::npos);
    };
    check(R"({"id":"a","expr":"0/15 * * * *"})", "0-59/15");
    check(R"({"id":"a","expr":"* * * * *","tz":"Europe/Berlim"})", "Europe/Berlin");
    check(R"({"id":"a","expr":5})", "expr");
    check(R"({"id":"a"})", "expr");
    check(R"({"id":"a","expr":"* * * * *","from":"yesterday"})", "from");
    check(R"({"id":"a","expr":"* * * * *","from":3})", "from");
    check(R"({"id":"a","expr":"* * * * *","tz":3})", "tz");
    check(R"({"id":"a","expr":"* * * * *","count":-1})", "count");
    check(R"({"id":"a","expr":"* * * * *","count":1.5})", "count");
    check(R"({"id":"a","expr":"* * * * *","count":100001})", "count");
    check("", "JSON");
    check("[1]", "JSON");
    check("{\"id\":\"\xff\"}", "JSON");
    CHECK(answer(R"({"id":{"n":[1]},"expr":"x"})").find(R"("id":{"n":[1]})") != std::string::npos);
}

} // namespace
} // namespace agentcron
