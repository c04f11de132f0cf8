#include "agent/environment.hpp"

#include "support/catch.hpp"

using namespace agentcron::agent;
using namespace std::string_view_literals;

namespace {

const Brief brief{.task_id = 42,
                  .attempt = 2,
                  .schedule = "nightly",
                  .fire_time = "2026-03-29T01:00:00Z",
                  .prompt = {},
                  .params = {},
                  .session_id = {},
                  .answers = {}};

using Environment = std::vector<std::string>;

} // namespace

TEST_CASE("an agent inherits the allow-list and no more", "[unit][agent]") {
    EnvironmentParts parts;
    parts.daemon = {
        "PATH=/bin",          "HOME=/home/ada", "LC_ALL=C",     "XDG_RUNTIME_DIR=/run/u",
        "SSH_AUTH_SOCK=/ssh", "API_KEY=secret", "PGPASSWORD=x", "AGENTCRON_TASK_ID=1",
        "no variable",        "=empty name",    "LCX=1"};
    CHECK(build_environment({}, brief, parts) ==
          Environment{"AGENTCRON_ATTEMPT=2", "AGENTCRON_FIRE_TIME=2026-03-29T01:00:00Z",
                      "AGENTCRON_SCHEDULE=nightly", "AGENTCRON_TASK_ID=42", "HOME=/home/ada",
                      "LC_ALL=C", "PATH=/bin", "XDG_RUNTIME_DIR=/run/u"});
}

TEST_CASE("the later source of a variable wins", "[unit][agent]") {
    Profile profile;
    profile.pass_env = {"A", "B", "C", "AGENTCRON_ATTEMPT", "ABSENT"};
    profile.env = {{"C", "profile"}, {"D", "profile"}, {"AGENTCRON_SCHEDULE", "mine"}};
    EnvironmentParts parts;
    parts.daemon = {"A=daemon", "B=daemon", "C=daemon", "AGENTCRON_ATTEMPT=9"};
    parts.env_file = {{"B", "file"}, {"C", "file"}};
    parts.driver = {"D=driver", "E=a=b"};
    CHECK(build_environment(profile, brief, parts) ==
          Environment{"A=daemon", "AGENTCRON_ATTEMPT=2", "AGENTCRON_FIRE_TIME=2026-03-29T01:00:00Z",
                      "AGENTCRON_SCHEDULE=nightly", "AGENTCRON_TASK_ID=42", "B=file", "C=profile",
                      "D=driver", "E=a=b", "PATH=/usr/local/bin:/usr/bin:/bin"});
}

TEST_CASE("the directory of agentcron ends the PATH once", "[unit][agent]") {
    const auto path = [](std::string_view before, std::string_view directory) {
        EnvironmentParts parts;
        parts.daemon = {"PATH=" + std::string(before)};
        parts.binary_directory = directory;
        return build_environment({}, brief, parts).back();
    };
    CHECK(path("/usr/bin:/bin", "/opt/agentcron") == "PATH=/usr/bin:/bin:/opt/agentcron");
    CHECK(path("/opt/agentcron:/bin", "/opt/agentcron") == "PATH=/opt/agentcron:/bin");
    CHECK(path("/opt/agentcron2:/bin", "/opt/agentcron") ==
          "PATH=/opt/agentcron2:/bin:/opt/agentcron");
    CHECK(path("/bin", "") == "PATH=/bin");
}

TEST_CASE("an environment file holds names, values, quotes and comments", "[unit][agent]") {
    const auto parsed = parse_env_file("# a comment\n"
                                       "; another\n"
                                       "\n"
                                       "PLAIN=value with spaces # and no comment  \r\n"
                                       "export EXPORTED=1\n"
                                       "  SPACED = x \n"
                                       "EMPTY=\n"
                                       "SINGLE='a \"b\" \\n $c' # comment\n"
                                       "DOUBLE=\"line\\nnext \\\"q\\\" \\$x \\\\ \\d\"\n"
                                       "EQUALS=a=b\n"
                                       "NO_NEWLINE=1");
    REQUIRE(parsed.has_value());
    CHECK(*parsed == Variables{{"PLAIN", "value with spaces # and no comment"},
                               {"EXPORTED", "1"},
                               {"SPACED", "x"},
                               {"EMPTY", ""},
                               {"SINGLE", "a \"b\" \\n $c"},
                               {"DOUBLE", "line\nnext \"q\" $x \\ \\d"},
                               {"EQUALS", "a=b"},
                               {"NO_NEWLINE", "1"}});
    CHECK(parse_env_file("")->empty());
}

TEST_CASE("a wrong environment file names the line and hides the value", "[unit][agent]") {
    for (const auto line :
         {"no equals"sv, "=secret"sv, "1A=secret"sv, "A-B=secret"sv, "A='secret"sv,
          "A=\"secret\\\""sv, "A='secret' rest"sv, "A=sec\0ret"sv}) {
        const auto parsed = parse_env_file("OK=1\n\n" + std::string(line) + "\nOK=2\n");
        CAPTURE(line);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error().line == 3);
        CHECK_THAT(parsed.error().message, !Catch::Contains("sec"));
    }
}
