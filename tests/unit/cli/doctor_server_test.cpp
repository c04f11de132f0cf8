#include "cli/doctor_server.hpp"

#include "support/catch.hpp"
#include "unit/cli/rows_of.hpp"

namespace agentcron::cli {

using Catch::Contains;

namespace {

const Row server{{"version", "15.4"}, {"version_num", "150004"},
                 {"standby", "f"},    {"read_only", "f"},
                 {"ssl", "f"},        {"local", "t"},
                 {"role", "me"},      {"database", "work"}};
const Row context{{"users", "2"},    {"present", "t"}, {"can_login", "t"},
                  {"is_super", "f"}, {"can_use", "t"}, {"writes", std::nullopt}};

} // namespace

TEST_CASE("a server that is right is one line", "[unit][cli][doctor]") {
    const auto findings = judge_server(rows_of({server}), 0.0004);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].state == State::ok);
    CHECK_THAT(findings[0].detail, Contains("15.4") && Contains("database work, role me"));
}

TEST_CASE("a server that cannot be worked with fails", "[unit][cli][doctor]") {
    for (const auto& [column, value] :
         Row{{"version_num", "140012"}, {"standby", "t"}, {"read_only", "t"}}) {
        INFO(column);
        const auto findings = judge_server(rows_of({with(server, column, value)}), 0.0004);
        REQUIRE(findings.size() == 1);
        CHECK(findings[0].state == State::failed);
        CHECK_FALSE(findings[0].advice.empty());
    }
}

TEST_CASE("a far server without encryption is warned of", "[unit][cli][doctor]") {
    const auto remote = with(server, "local", "f");
    CHECK(judge_server(rows_of({remote}), 0.0004).at(1).state == State::warning);
    CHECK(judge_server(rows_of({with(remote, "ssl", "t")}), 0.0004).size() == 1);
    CHECK_THAT(judge_server(rows_of({server}), 0.3).at(1).detail, Contains("300ms"));
}

TEST_CASE("what to check depends on why nobody answers", "[unit][cli][doctor]") {
    const auto advice = [](std::string_view message) {
        return advice_for_unreachable(message, "--database");
    };
    CHECK_THAT(advice("FATAL:  password authentication failed for user \"x\""),
               Contains("~/.pgpass") && Contains("named by --database"));
    CHECK_THAT(advice("could not translate host name \"db\" to address"), Contains("host's name"));
    CHECK_THAT(advice("FATAL:  database \"x\" does not exist"), Contains("createdb"));
    CHECK_THAT(advice("connection refused"), Contains("systemctl status postgresql"));
}

TEST_CASE("few sessions left are warned of", "[unit][cli][doctor]") {
    CHECK(judge_sessions(rows_of({{{"available", "97"}, {"used", "87"}}}))[0].state == State::ok);
    CHECK(judge_sessions(rows_of({{{"available", "97"}, {"used", "88"}}}))[0].state ==
          State::warning);
}

TEST_CASE("a role that may not do a daemon's work fails", "[unit][cli][doctor]") {
    const Row role{{"role", "me"}, {"owner", "boss"}, {"refused", ""}};
    CHECK(judge_role(rows_of({role}))[0].state == State::ok);
    const auto refused = with(role, "refused", "read a, read b, read c, read d");
    const auto findings = judge_role(rows_of({refused}));
    CHECK(findings[0].state == State::failed);
    CHECK(findings[0].detail == "me may not read a, read b, read c and 1 more");
    CHECK_THAT(findings[0].advice, Contains("grant boss to me"));
}

TEST_CASE("the role of context is needed only where it is used", "[unit][cli][doctor]") {
    CHECK(judge_context_role(rows_of({context}), false)[0].state == State::ok);
    CHECK(judge_context_role(rows_of({context}), true)[0].state == State::unknown);
    const auto absent = with(context, "present", "f");
    CHECK(judge_context_role(rows_of({absent}), false)[0].state == State::failed);
    CHECK(judge_context_role(rows_of({with(absent, "users", "0")}), false)[0].state == State::ok);
    for (const auto& [column, value] : Row{{"can_login", "f"}, {"can_use", "f"}, {"is_super", "t"}})
        CHECK(judge_context_role(rows_of({with(context, column, value)}), false)[0].state ==
              State::failed);
    CHECK_THAT(judge_context_role(rows_of({with(context, "writes", "tasks")}), false)[0].detail,
               Contains("may write tasks"));
}

TEST_CASE("notifications must arrive, and their queue be read", "[unit][cli][doctor]") {
    CHECK(judge_notify(true, 0)[0].state == State::ok);
    CHECK(judge_notify(true, 0.2)[0].state == State::warning);
    CHECK(judge_notify(true, 0.6)[0].state == State::failed);
    CHECK_THAT(judge_notify(false, 0)[0].advice, Contains("pooler"));
}

TEST_CASE("drift says what it should be", "[unit][cli][doctor]") {
    const db::Manifest expected{15,
                                {{"index", "leases.i", "CREATE INDEX i ON leases (agent)"},
                                 {"function", "f()", "body 0123 sql"},
                                 {"column", "leases.agent", "text not null"},
                                 {"table", "leases", ""}}};
    CHECK_THAT(judge_drift(expected, expected)[0].detail, Contains("all 4"));
    db::Manifest other = expected;
    other.major = 17;
    CHECK_THAT(judge_drift(expected, other)[0].detail, Contains("were not compared"));

    const db::Manifest actual{15,
                              {{"function", "f()", "body 4567 sql"},
                               {"column", "leases.agent", "text"},
                               {"table", "leases", ""},
                               {"table", "mine", ""}}};
    const auto findings = judge_drift(expected, actual);
    REQUIRE(findings.size() == 4);
    CHECK(findings[0].detail == "column leases.agent was changed, it is: text");
    CHECK(findings[0].advice == "Change it back: text not null");
    CHECK(findings[1].detail == "function f() was changed");
    CHECK(findings[2].advice == "Make it again: CREATE INDEX i ON leases (agent)");
    CHECK(findings[3].state == State::warning);
}

TEST_CASE("a long drift is cut", "[unit][cli][doctor]") {
    db::Manifest expected{15, {}};
    for (int i = 0; i < 40; ++i)
        expected.objects.push_back({"function", "f" + std::to_string(i) + "()", "x"});
    const auto findings = judge_drift(expected, {15, {}});
    CHECK(findings.size() == 16);
    CHECK(findings.back().detail == "and 25 more");
}

} // namespace agentcron::cli
