#include "config/read.hpp"

#include "reading.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::config;

namespace {

struct Case {
    std::string text;
    std::string errors;
};

// The text stands below a good agent `x`; lines count from there.
std::string below_agent(const std::string& text) {
    return errors_of(Files{{"a.yaml", text}, {"x.yaml", "agents: {x: {command: [x]}}"}});
}
std::string in_agent(const std::string& keys) {
    return errors_of("agents:\n  y: {command: [y], " + keys + "}");
}
std::string in_schedule(const std::string& keys) {
    return below_agent("schedules:\n  s: {cron: '@daily', agent: x, " + keys + "}");
}

constexpr const char* name_rule =
    "a name has 1 to 100 letters, digits, '.', '_' or '-' and starts with a letter or digit";

} // namespace

TEST_CASE("mistakes at the top of a file", "[unit][config]") {
    const std::vector<Case> cases{
        {"agent: {}", "a.yaml:1:1: unknown key 'agent' of a configuration file; did you mean "
                      "'agents'?"},
        {"version: 3", "a.yaml:1:1: unknown key 'version' of a configuration file; expected "
                       "agents, schedules, calendars, timezone, database, workspaces, slots, "
                       "context"},
        {"- a", "a.yaml:1:1: expected the keys of a configuration file as a map, found a list"},
        {"hello", "a.yaml:1:1: expected the keys of a configuration file as a map, found 'hello'"},
        {"agents: [a]", "a.yaml:1:9: expected a map, found a list"},
        {"schedules: none", "a.yaml:1:12: expected a map, found 'none'"},
        {"slots: 0", "a.yaml:1:8: expected a number from 1 to 10000, found '0'"},
        {"slots: '4'", "a.yaml:1:8: expected a number from 1 to 10000, found the text '4'"},
        {"slots: 99999999999999999999",
         "a.yaml:1:8: expected a number from 1 to 10000, found '99999999999999999999'"},
        {"database: [a]", "a.yaml:1:11: expected text, found a list; a text that begins with '[' "
                          "needs quotes"},
        {"timezone: Europe/Berln",
         "a.yaml:1:11: time zone \"Europe/Berln\": there is no such time zone; did you mean "
         "Europe/Berlin?"},
        {"slots: 1\nslots: 2", "a.yaml:2:1: duplicate key 'slots'; it already stands at line 1"},
    };
    for (const Case& each : cases) CHECK(errors_of(each.text) == each.errors);
}

TEST_CASE("mistakes of an agent", "[unit][config]") {
    const std::vector<Case> cases{
        {"mcp: true", "a.yaml:2:26: mcp is for the drivers claude, codex and acp"},
        {"driver: cmmand",
         "a.yaml:2:29: unknown driver 'cmmand'; expected command, jsonl, claude, codex, acp; did "
         "you mean 'command'?"},
        {"grace: 5", "a.yaml:2:28: '5' is not a duration: 5 has no unit; write 5s, 5m, 5h or 5d"},
        {"prewarm: 10s",
         "a.yaml:2:30: an agent of driver command takes its prompt when it starts, so it cannot be "
         "started before its task is known; driver jsonl can"},
        {"driver: claude, persistent: true",
         "a.yaml:2:49: an agent of driver claude ends after its task; only one of driver jsonl can "
         "say that it is ready for the next"},
        {"driver: jsonl, idle: 1m", "a.yaml:2:42: is about processes that stay; expected "
                                    "`persistent: true` beside it"},
        {"driver: jsonl, prewarm: 2h", "a.yaml:2:45: expected at most 1h"},
        {"limits: {output: 10Q}",
         "a.yaml:2:38: '10Q' is not a size: the units are K, M, G and T, like 256M"},
        {"limits: {disk: 4G}", "a.yaml:2:30: unknown key 'disk' of limits; expected output, "
                               "when_full, memory, pids, cpu"},
        {"limits: {pids: 0}", "a.yaml:2:36: expected a number from 1 to 4194304, found '0'"},
        {"limits: {when_full: wait}",
         "a.yaml:2:41: unknown when_full 'wait'; expected kill, drop_middle, block"},
        {"driver: claude, limits: {when_full: drop_middle}",
         "a.yaml:2:57: the output of an agent of driver claude is its protocol, of which nothing "
         "may be missing; only that of driver command can be cut"},
        {"workspace: here", "a.yaml:2:32: expected the keys of a workspace as a map, found 'here'"},
        {"workspace: {dir: ''}", "a.yaml:2:38: expected a path, found an empty text"},
        {"workspace: {git: .., dir: .}",
         "a.yaml:2:47: either `dir`, a directory for all tasks, or `git`, a worktree for each"},
        {"workspace: {base: main}",
         "a.yaml:2:39: 'base' belongs to a worktree: name its repository with `git:`"},
        {"workspace: {git: .., keep: no}",
         "a.yaml:2:48: unknown keep 'no'; expected on_failure, always, never"},
        {"workspace: {git: .., branch: 'x/{{task}}'}",
         "a.yaml:2:53: unknown value 'task'; known are schedule, fire_time, task_id, "
         "last_success_at, workspace, branch"},
        {"workspace: {setup: []}",
         "a.yaml:2:40: expected a program and its arguments, such as [npm, ci]; found no program"},
        {"env_file: ~bob/x", "a.yaml:2:31: '~bob/x' names another user's home, which is not "
                             "looked up; write the whole path"},
        {"env: [A=1]", "a.yaml:2:26: expected a map, found a list"},
        {"env: {A: }", "a.yaml:2:27: expected text as the value of 'A', found nothing; an empty "
                       "text is written \"\""},
        {"env: {A-B: 1}", "a.yaml:2:27: 'A-B' cannot be the name of a variable; expected letters, "
                          "digits and '_', no digit first"},
        {"pass_env: [PATH, 1X]", "a.yaml:2:38: '1X' cannot be the name of a variable; expected "
                                 "letters, digits and '_', no digit first"},
        {"pass_env: PATH", "a.yaml:2:31: expected a list, found 'PATH'; write [PATH]"},
        {"pass_env: [[a]]", "a.yaml:2:32: expected text, found a list"},
    };
    for (const Case& each : cases) CHECK(in_agent(each.text) == each.errors);
}

TEST_CASE("a path below an unknown home is refused", "[unit][config]") {
    const std::vector<Source> sources{
        {"a.yaml", "/etc", "agents: {a: {command: [a], env_file: ~/x}}"}};
    const auto config = read(sources, "");
    REQUIRE(config.has_error());
    REQUIRE(config.error().front().text() ==
            "a.yaml:1:38: '~/x' needs the variable HOME, which is not set");
}

TEST_CASE("a command is a list with a program", "[unit][config]") {
    const std::string program = "expected a program and its arguments, such as [claude, -p]; found "
                                "no program";
    const std::vector<Case> cases{
        {"agents: {a: {}}", "a.yaml:1:10: an agent needs the key 'command'"},
        {"agents: {a: }", "a.yaml:1:10: an agent needs the key 'command'"},
        {"agents: {a: {command: []}}", "a.yaml:1:23: " + program},
        {"agents: {a: {command: ['', b]}}", "a.yaml:1:23: " + program},
        {"agents: {a: {command: claude -p hi}}",
         "a.yaml:1:23: expected a list, found 'claude -p hi'; write [claude, -p, hi]"},
        {"agents: {a: {command: 'ls | wc'}}", "a.yaml:1:23: expected a list, found the text 'ls | "
                                              "wc'"},
        {"agents: {a: {command: {b: c}}}", "a.yaml:1:23: expected a list, found a map"},
    };
    for (const Case& each : cases) CHECK(errors_of(each.text) == each.errors);
}

TEST_CASE("mistakes of a schedule", "[unit][config]") {
    const std::vector<Case> cases{
        {"tiemout: 45m", "a.yaml:2:33: unknown key 'tiemout' of a schedule; did you mean "
                         "'timeout'?"},
        {"enabled: yes", "a.yaml:2:42: expected true or false, found 'yes'"},
        {"enabled: 'true'", "a.yaml:2:42: expected true or false, found the text 'true'"},
        {"priority: -1", "a.yaml:2:43: expected a number from 0 to 32767, found '-1'"},
        {"priority: 1.5", "a.yaml:2:43: expected a number from 0 to 32767, found '1.5'"},
        {"overlap: skipp", "a.yaml:2:42: unknown overlap 'skipp'; expected skip, queue_one, "
                           "queue_all, cancel_previous, allow; did you mean 'skip'?"},
        {"while_waiting: 1", "a.yaml:2:48: unknown while_waiting '1'; expected skip, allow"},
        {"catch_up: ~", "a.yaml:2:33: expected text, found nothing"},
        {"catch_up_window: 1mo", "a.yaml:2:50: '1mo' is not a duration: expected a number with a "
                                 "unit (d, h, m, s), like 1h30m"},
        {"catch_up_max: 0", "a.yaml:2:47: expected a number from 1 to 10000, found '0'"},
        {"timeout: 9999d", "a.yaml:2:42: 9999d is too long; expected at most 366d"},
        {"hold: [1]", "a.yaml:2:39: expected a duration like 45m, found a list"},
        {"retry: 3", "a.yaml:2:40: expected the keys of retry as a map, found '3'"},
        {"retry: {attempts: 0}", "a.yaml:2:51: expected a number from 1 to 1000, found '0'"},
        {"retry: {backoff: 2h}", "a.yaml:2:50: max_backoff 1h is shorter than backoff 2h"},
        {"retry: {backoff: 2h, max_backoff: 90m}",
         "a.yaml:2:67: max_backoff 1h30m is shorter than backoff 2h"},
        {"timezone: Mars/Base", "a.yaml:2:43: time zone \"Mars/Base\": there is no such time zone"},
        {"params: [a]", "a.yaml:2:41: expected a map, found a list"},
        {"params: {a b: 1}", "a.yaml:2:42: 'a b' cannot be the name of a parameter; expected "
                             "letters, digits, '_' and '-', no digit first"},
        {"prompt: [a, b]", "a.yaml:2:41: expected text, found a list; a text that begins with '[' "
                           "needs quotes"},
        {"prompt: \"a\\0b\"", "a.yaml:2:41: this value holds a NUL character; expected text"},
    };
    for (const Case& each : cases) CHECK(in_schedule(each.text) == each.errors);
}

TEST_CASE("mistakes of a schedule's newer policies", "[unit][config]") {
    const std::vector<Case> cases{
        {"starts_at: tomorrow",
         "a.yaml:2:44: 'tomorrow' is not an instant; expected 2026-12-01 or 2026-12-01T09:00 in "
         "the schedule's zone, or 2026-12-01T09:00:00+01:00"},
        {"starts_at: 2026-12-02, ends_at: 2026-12-01",
         "a.yaml:2:65: the end is not after starts_at"},
        {"max_runs: 0", "a.yaml:2:43: expected a number from 1 to 1000000000, found '0'"},
        {"exclude: [2026-12-25, 2026-02-30]",
         "a.yaml:2:55: '2026-02-30' is not a date; expected one like 2026-12-25, or a range like "
         "2026-12-24/2027-01-01"},
        {"exclude: [holiday]", "a.yaml:2:43: 'holiday' is neither a date such as 2026-12-25 nor a "
                               "calendar"},
        {"exclude: 2026-12-25", "a.yaml:2:42: expected a list, found '2026-12-25'; write "
                                "[2026-12-25]"},
        {"concurrency: {limit: 2}", "a.yaml:2:33: concurrency needs the key 'group'"},
        {"concurrency: {group: a b}",
         std::string("a.yaml:2:54: 'a b' cannot be a name; ") + name_rule},
        {"retry: {on: [timeouts]}",
         "a.yaml:2:46: unknown on 'timeouts'; expected usage_limit, exit_code, signal, timeout, "
         "stalled, input_timeout, lost, spawn, protocol, budget, output_limit, check, context; did "
         "you mean 'timeout'?"},
        {"retry: {never_on_exit: [1, x]}",
         "a.yaml:2:60: expected a number from 0 to 255, found 'x'"},
        {"success: {exit_code: 256}",
         "a.yaml:2:54: expected a number from 0 to 255, or a list of such, found '256'"},
        {"success: {exit_code: []}", "a.yaml:2:54: expected at least one exit code; found none"},
        {"success: {result: maybe}",
         "a.yaml:2:51: unknown result 'maybe'; expected required, optional"},
        {"success: {check: []}",
         "a.yaml:2:50: expected a program and its arguments; found no program"},
        {"heartbeat: x",
         "a.yaml:2:44: 'x' is no URL; expected one that starts with http:// or https://"},
        {"after: [a, s]", "a.yaml:2:44: a schedule cannot come after itself"},
        {"steps: []", "a.yaml:2:40: expected at least one step"},
        {"steps: {}", "a.yaml:2:40: expected a list, found a map"},
        {"steps: [{agent: x}]", "a.yaml:2:41: a step needs the key 'name'"},
        {"steps: [{name: a}, {name: a}]",
         "a.yaml:2:59: 'a' is the name of an earlier step; each needs its own"},
        {"steps: [{name: a, agent: y}]", "a.yaml:2:58: unknown agent 'y'; declared are x"},
        {"steps: [{name: a, retry: {attempts: 0}}]",
         "a.yaml:2:69: expected a number from 1 to 1000, found '0'"},
        {"steps: [{name: a, timeout: 400d}]",
         "a.yaml:2:60: 400d is too long; expected at most 366d"},
        {"steps: [{name: a, retry: {backoff: 2h}}]",
         "a.yaml:2:68: max_backoff 1h is shorter than backoff 2h"},
        // A step inherits its schedule's mistake, which is told once.
        {"retry: {backoff: 2h}, steps: [{name: a}]",
         "a.yaml:2:50: max_backoff 1h is shorter than backoff 2h"},
    };
    for (const Case& each : cases) CHECK(in_schedule(each.text) == each.errors);
}

TEST_CASE("a step without an agent needs one of its schedule", "[unit][config]") {
    CHECK(below_agent("schedules:\n  s:\n    cron: '@daily'\n    steps:\n"
                      "      - {name: a, agent: x}\n      - {name: b}\n") ==
          "a.yaml:6:9: neither the step nor its schedule names an agent");
}

TEST_CASE("mistakes of calendars", "[unit][config]") {
    const std::vector<Case> cases{
        {"calendars: {c: [2026-13-01]}",
         "a.yaml:1:17: '2026-13-01' is not a date; expected one like 2026-12-25, or a range like "
         "2026-12-24/2027-01-01"},
        {"calendars: {c: 2026-12-25}", "a.yaml:1:16: expected a list of dates, found '2026-12-25'"},
        {"calendars: {1st: []}",
         "a.yaml:1:13: '1st' cannot be a calendar's name; expected 1 to 100 letters, digits, '.', "
         "'_' or '-', a letter first"},
        {"calendars: []", "a.yaml:1:12: expected a map, found a list"},
        {"schedules: {s: {cron: '@daily', agent: x, exclude: [holidys]}}\n"
         "calendars: {holidays: []}",
         "a.yaml:1:53: 'holidys' is neither a date such as 2026-12-25 nor a calendar; did you mean "
         "'holidays'?"},
    };
    for (const Case& each : cases) CHECK(below_agent(each.text) == each.errors);
    CHECK(errors_of(Files{{"a.yaml", "calendars: {c: []}"}, {"b.yaml", "calendars: {c: []}"}}) ==
          "b.yaml:1:13: duplicate calendar 'c'; it already stands at a.yaml:1:13");
}

TEST_CASE("a calendar of a file that cannot be read is not unknown as well", "[unit][config]") {
    CHECK(errors_of(Files{{"a.yaml", "agents: {a: {command: [x]}}\nschedules: {s: {cron: '@daily', "
                                     "agent: a, exclude: [c]}}"},
                          {"b.yaml", "calendars: ["}})
              .find("neither a date") == std::string::npos);
}

TEST_CASE("a cron error points at the wrong part", "[unit][config]") {
    const std::vector<Case> cases{
        {"0/15 * * * *", "a.yaml:1:23: minute '0/15': a step needs * or a range in front of it; "
                         "write '0-59/15 * * * *'"},
        {"'0 22-4 * * *'",
         "a.yaml:1:26: hour '22-4': the range runs backwards; write '0 22-23,0-4 * * *'"},
        {"\"0 0 * * 8\"", "a.yaml:1:32: day of week '8': the value is out of range 0-7"},
        // Behind an escape only the value's start is known.
        {"\"\\x30 0 * * 8\"", "a.yaml:1:23: day of week '8': the value is out of range 0-7"},
        {"0 0 30 2 *", "a.yaml:1:23: '0 0 30 2 *' never fires: no date from 1970 to 2199 matches "
                       "all of its fields"},
        {"[0 0 * * *]", "a.yaml:1:23: expected text, found a list; a text that begins with '[' "
                        "needs quotes"},
    };
    for (const Case& each : cases)
        CHECK(below_agent("schedules: {s: {cron: " + each.text + ", agent: x}}") == each.errors);
}

TEST_CASE("a prompt error points at the braces", "[unit][config]") {
    const std::string known =
        "; known are schedule, fire_time, task_id, last_success_at, workspace, branch";
    const auto errors = [](const std::string& prompt) {
        return below_agent("schedules:\n  s:\n    cron: '@daily'\n    agent: x\n    prompt: " +
                           prompt);
    };
    CHECK(errors("Hi {{x}}") == "a.yaml:5:16: unknown value 'x'" + known);
    CHECK(errors("'Grüße an {{x}}'") == "a.yaml:5:23: unknown value 'x'" + known);
    CHECK(errors("|\n      one\n\n        two {{x}}\n      {{y}}\n") ==
          "a.yaml:8:13: unknown value 'x'" + known + "\na.yaml:9:7: unknown value 'y'" + known);
    CHECK(errors("|2-\n      one {{x}}\n") == "a.yaml:6:11: unknown value 'x'" + known);
    CHECK(errors("&p |\n      {{x}}\n") == "a.yaml:6:7: unknown value 'x'" + known);
    // A folded text has other lines than the file: its start is what we know.
    CHECK(errors(">\n      one\n      {{x}}\n") == "a.yaml:5:13: unknown value 'x'" + known);
    CHECK(errors("one\n      {{x}}\n") == "a.yaml:5:13: unknown value 'x'" + known);
}

TEST_CASE("a prompt may name only the parameters of its schedule", "[unit][config]") {
    const std::string known = "schedule, fire_time, task_id, last_success_at, workspace, branch";
    CHECK(in_schedule("params: {who: ann}, prompt: '{{params.who}}'") == "");
    CHECK(in_schedule("params: {who: ann}, prompt: '{{params.whom}}'") ==
          "a.yaml:2:61: unknown value 'params.whom'; known are " + known +
              ", params.who; did you mean 'params.who'?");
    // Parameters that could not be read give no second error.
    CHECK(in_schedule("params: [], prompt: '{{params.who}}'") ==
          "a.yaml:2:41: expected a map, found a list");
}

TEST_CASE("missing keys are reported where their map starts", "[unit][config]") {
    CHECK(errors_of("schedules:\n  s: {}\n") ==
          "a.yaml:2:3: a schedule needs the key 'cron' or 'after'\na.yaml:2:3: a schedule needs "
          "the key 'agent' or 'steps'");
}

TEST_CASE("names that do not fit are refused", "[unit][config]") {
    const std::string rule = fmt::format("' cannot be a name; {}", name_rule);
    CHECK(errors_of("agents: {a b: {command: [x]}}") == "a.yaml:1:10: 'a b" + rule);
    CHECK(errors_of("agents: {-a: {command: [x]}}") == "a.yaml:1:10: '-a" + rule);
    CHECK(errors_of("agents: {é: {command: [x]}}") == "a.yaml:1:10: 'é" + rule);
    CHECK(below_agent("schedules: {'': {cron: '@daily', agent: x}}") == "a.yaml:1:13: '" + rule);
    const std::string longest(100, 'n');
    CHECK(errors_of("agents: {" + longest + ": {command: [x]}}") == "");
    CHECK(errors_of("agents:\n  " + longest + "n: {command: [x]}\n") ==
          "a.yaml:2:3: '" + longest + "n" + rule);
}

TEST_CASE("an unknown agent brings the nearest or all known ones", "[unit][config]") {
    const std::string schedule = "schedules: {s: {cron: '@daily', agent: ";
    CHECK(errors_of(schedule + "claud}}\nagents: {claude: {command: [c]}}") ==
          "a.yaml:1:40: unknown agent 'claud'; did you mean 'claude'?");
    CHECK(errors_of(schedule + "zzz}}\nagents: {b: {command: [c]}, a: {command: [c]}}") ==
          "a.yaml:1:40: unknown agent 'zzz'; declared are a, b");
    CHECK(errors_of(schedule + "zzz}}") ==
          "a.yaml:1:40: unknown agent 'zzz'; no agent is declared under 'agents:'");
    CHECK(errors_of(schedule + "'a b'}}") ==
          fmt::format("a.yaml:1:40: 'a b' cannot be a name; {}", name_rule));
}

TEST_CASE("an agent with errors, or of a file that cannot be read, is not unknown as well",
          "[unit][config]") {
    const std::string schedule = "schedules: {s: {cron: '@daily', agent: a}}";
    CHECK(errors_of(schedule + "\nagents: {a: {}}") ==
          "a.yaml:2:10: an agent needs the key 'command'");
    CHECK(errors_of(Files{{"a.yaml", schedule}, {"b.yaml", "agents: ["}}).find("unknown agent") ==
          std::string::npos);
    CHECK(errors_of(schedule + "\nagents: [a]") == "a.yaml:2:9: expected a map, found a list");
}

TEST_CASE("a name may be declared once over all files", "[unit][config]") {
    const std::string both = "agents:\n  x: {command: [x]}\nslots: 2\n"
                             "schedules:\n  s: {cron: '@daily', agent: x}\n";
    CHECK(errors_of(Files{{"a.yaml", both}, {"b.yaml", "# later\n" + both}}) ==
          "b.yaml:3:3: duplicate agent 'x'; it already stands at a.yaml:2:3\n"
          "b.yaml:4:8: duplicate setting 'slots'; it already stands at a.yaml:3:8\n"
          "b.yaml:6:3: duplicate schedule 's'; it already stands at a.yaml:5:3");
    const std::string shared = "agents: {x: {command: [x]}}\nschedules: {x: {cron: '@daily', ";
    CHECK(errors_of(shared + "agent: x}}") == ""); // an agent and a schedule may share a name
}

TEST_CASE("all errors of all files come at once, by place", "[unit][config]") {
    const std::string known = "' of a configuration file; expected agents, schedules, calendars, "
                              "timezone, database, workspaces, slots, context\n";
    CHECK(errors_of(Files{{"b.yaml", "timezone: Mars\n"}, {"a.yaml", "b: 1\nslots: y\na: 1\n"}}) ==
          "a.yaml:1:1: unknown key 'b" + known +
              "a.yaml:2:8: expected a number from 1 to 10000, found 'y'\n"
              "a.yaml:3:1: unknown key 'a" +
              known + "b.yaml:1:11: time zone \"Mars\": there is no such time zone");
}

TEST_CASE("a mistake that aliases repeat is told once", "[unit][config]") {
    CHECK(errors_of("x-t: &t {command: [x], grace: 5}\nagents: {a: *t, b: *t, c: {<<: *t}}") ==
          "a.yaml:1:31: '5' is not a duration: 5 has no unit; write 5s, 5m, 5h or 5d");
}

TEST_CASE("a flood of errors is cut and counted", "[unit][config]") {
    std::string text = "agents:\n";
    for (int i = 0; i < 60; ++i) text += fmt::format("  a{}: {{}}\n", i);
    const auto config = read_files({{"a.yaml", text}});
    REQUIRE((config.has_error() && config.error().size() == errors_shown_max + 1));
    REQUIRE(config.error().at(49).line == 51);
    REQUIRE(config.error().back().text() == "and 10 more");
}
