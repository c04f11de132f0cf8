// Processes that are started before their task is known.
#include "agent/ahead.hpp"

#include "driver_run.hpp"

#include <boost/json.hpp>

using namespace agentcron::agent;

namespace {

Brief some_task() {
    Brief brief;
    brief.task_id = 7;
    brief.prompt = "do it";
    brief.working_directory = "/w";
    return brief;
}

Brief resumed_task() {
    auto brief = some_task();
    brief.session_id = "s1";
    brief.answers = {Brief::Answered{"q1", "Which?", "main"}};
    return brief;
}

std::string methods_of(const std::string& lines) {
    std::string methods;
    for (std::size_t at = 0; at < lines.size();) {
        const auto end = lines.find('\n', at);
        const auto line = boost::json::parse(lines.substr(at, end - at));
        methods += std::string(line.at("method").as_string()) + " ";
        at = end + 1;
    }
    return methods;
}

std::string fed_after(DriverRun& run, std::string_view line) {
    run.out(line);
    return run.driver().after_events().stdin_bytes;
}

} // namespace

TEST_CASE("a driver whose agent gets its prompt at its start does not start it ahead",
          "[unit][agent]") {
    CHECK_FALSE(starts_ahead(*make_driver("command")));
    CHECK_FALSE(start_ahead(*make_driver("codex"), {.command = {"codex", "exec"}}));
    CHECK(start_ahead(*make_driver("codex"), {.command = {"codex"}}));
    for (const auto* name : {"jsonl", "claude", "acp"}) {
        const auto start = start_ahead(*make_driver(name), {.command = {"agent"}});
        REQUIRE(start);
        CHECK(start->stdin_stays_open);
    }
}

TEST_CASE("started ahead or not, an agent gets the same bytes", "[unit][agent]") {
    const std::string name = GENERATE("jsonl", "claude");
    const auto ahead = make_driver(name);
    const auto greeting = start_ahead(*ahead, {.command = {"agent"}});
    const auto task = starts_ahead(*ahead)->begin(some_task());
    REQUIRE(task);
    const auto start = make_driver(name)->start(some_task());
    CHECK(greeting->stdin_bytes + task->stdin_bytes == start.stdin_bytes);
    CHECK(greeting->arguments == start.arguments);
    CHECK(greeting->env == start.env);
}

TEST_CASE("codex is greeted ahead, and opens its thread for the task", "[unit][agent]") {
    DriverRun run("codex");
    const auto greeting = starts_ahead(run.driver())->start_ahead({.command = {"codex"}});
    CHECK(methods_of(greeting->stdin_bytes) == "initialize ");
    CHECK(methods_of(fed_after(run, "{\"id\":1,\"result\":{}}\n")) == "initialized ");
    CHECK(methods_of(starts_ahead(run.driver())->begin(some_task())->stdin_bytes) ==
          "thread/start ");
    CHECK(methods_of(fed_after(run, "{\"id\":2,\"result\":{\"thread\":{\"id\":\"t\"}}}\n")) ==
          "turn/start ");
}

TEST_CASE("a task that comes before codex has answered the greeting waits for it",
          "[unit][agent]") {
    DriverRun run("codex");
    starts_ahead(run.driver())->start_ahead({.command = {"codex"}});
    CHECK(starts_ahead(run.driver())->begin(resumed_task())->stdin_bytes.empty());
    CHECK(methods_of(fed_after(run, "{\"id\":1,\"result\":{}}\n")) == "initialized thread/resume ");
}

TEST_CASE("an ACP agent has a session before its task", "[unit][agent]") {
    DriverRun run("acp");
    const auto greeting =
        starts_ahead(run.driver())->start_ahead({.command = {"agent"}, .working_directory = "/w"});
    CHECK(methods_of(greeting->stdin_bytes) == "initialize ");
    const auto session = fed_after(run, "{\"id\":0,\"result\":{\"protocolVersion\":1}}\n");
    CHECK(methods_of(session) == "session/new ");
    CHECK_THAT(session, Catch::Contains(R"("cwd":"/w")"));
    const std::string opened = "{\"id\":1,\"result\":{\"sessionId\":\"s\"}}\n";
    SECTION("which was opened before") {
        CHECK(fed_after(run, opened).empty());
        CHECK(methods_of(starts_ahead(run.driver())->begin(some_task())->stdin_bytes) ==
              "session/prompt ");
    }
    SECTION("which is opened after") {
        CHECK(starts_ahead(run.driver())->begin(some_task())->stdin_bytes.empty());
        CHECK(methods_of(fed_after(run, opened)) == "session/prompt ");
    }
    run.out("{\"id\":2,\"result\":{\"stopReason\":\"end_turn\"}}\n");
    CHECK(run.driver().after_events().close_stdin);
    CHECK(run.exit(0).kind == Verdict::Kind::succeeded);
}

TEST_CASE("a session that goes on needs a process of its own where it is named at the start",
          "[unit][agent]") {
    for (const auto* name : {"claude", "acp"}) {
        const auto driver = make_driver(name);
        start_ahead(*driver, {.command = {"agent"}});
        CHECK_FALSE(starts_ahead(*driver)->begin(resumed_task()));
        CHECK(starts_ahead(*driver)->begin(some_task())); // the process waits on
    }
}

TEST_CASE("an agent that refused the greeting gets no task", "[unit][agent]") {
    for (const auto* name : {"codex", "acp"}) {
        DriverRun run(name);
        starts_ahead(run.driver())->start_ahead({.command = {"agent"}});
        run.out(R"({"id":0,"error":{"code":-1,"message":"no licence"}})"
                "\n");
        run.out(R"({"id":1,"error":{"code":-1,"message":"no licence"}})"
                "\n");
        CHECK(run.driver().after_events().close_stdin);
        CHECK_FALSE(starts_ahead(run.driver())->begin(some_task()));
        CHECK_THAT(run.exit(0).message, Catch::Contains("no licence"));
    }
}
