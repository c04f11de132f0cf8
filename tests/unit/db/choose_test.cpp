#include "db/choose.hpp"

#include "db/connection.hpp"
#include "support/catch.hpp"

#include <map>

namespace agentcron::db {
namespace {

using Variables = std::map<std::string, std::string>;

std::function<const char*(const char*)> environment(const Variables& variables) {
    return [&variables](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    };
}

std::string chosen(const std::string& flag, const std::string& configured,
                   const Variables& variables) {
    return choose_database(flag, configured, environment(variables)).from;
}

} // namespace

TEST_CASE("the flag goes before the variable, the configuration and libpq's own", "[unit][db]") {
    Variables variables{{"AGENTCRON_DATABASE_URL", "dbname=v"}, {"PGHOST", "h"}};
    CHECK(chosen("dbname=f", "dbname=c", variables) == "--database");
    CHECK(chosen("", "dbname=c", variables) == "AGENTCRON_DATABASE_URL");
    variables.erase("AGENTCRON_DATABASE_URL");
    CHECK(chosen("", "dbname=c", variables) == "database: in the configuration");
    CHECK(chosen("", "", variables) == "PGHOST");
    CHECK(chosen("", "", {{"PGSERVICE", "s"}}) == "PGSERVICE");
}

TEST_CASE("with nothing configured the private cluster is used", "[unit][db]") {
    const Variables empty{{"PGHOST", ""}, {"AGENTCRON_DATABASE_URL", ""}};
    CHECK(chosen("", "", empty) == "the private cluster");
    CHECK(choose_database("", "", environment(empty)).conninfo.empty());
}

TEST_CASE("a malformed connection string is an error that says where it came from", "[unit][db]") {
    CHECK_THROWS_WITH(chosen("host=", "nonsense here", {{"AGENTCRON_DATABASE_URL", "no such"}}) +
                          chosen("no such", "", {}),
                      Catch::StartsWith("--database: "));
    CHECK_THROWS_WITH(chosen("", "", {{"AGENTCRON_DATABASE_URL", "no such"}}),
                      Catch::StartsWith("AGENTCRON_DATABASE_URL: "));
}

TEST_CASE("a connection string is completed, and what it says itself stands", "[unit][db]") {
    const auto given = complete_conninfo("postgresql://u@h:1/d?connect_timeout=9");
    CHECK(given.find("connect_timeout='9'") != std::string::npos);
    CHECK(given.find("application_name='agentcron'") != std::string::npos);
    CHECK(given.find("host='h'") != std::string::npos);
    CHECK(complete_conninfo(R"(host='/it\'s \\ here')").find(R"(host='/it\'s \\ here')") !=
          std::string::npos);
}

TEST_CASE("the state directory is what the environment names, else the user's", "[unit][db]") {
    const Variables all{{"AGENTCRON_STATE_DIR", "/s"}, {"XDG_STATE_HOME", "/x"}, {"HOME", "/h"}};
    CHECK(state_directory(environment(all), true) == "/s");
    const Variables xdg{{"XDG_STATE_HOME", "/x"}, {"HOME", "/h"}};
    CHECK(state_directory(environment(xdg), false) == "/x/agentcron");
    CHECK(state_directory(environment(xdg), true) == "/var/lib/agentcron");
    const Variables home{{"HOME", "/h"}};
    CHECK(state_directory(environment(home), false) == "/h/.local/state/agentcron");
}

} // namespace agentcron::db
