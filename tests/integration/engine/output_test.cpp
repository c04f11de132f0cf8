// What agents write, from their pipe to the table.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <limits>

using agentcron::engine::EngineRun;
using agentcron::engine::own_status_kib;

namespace {

#ifdef __SANITIZE_ADDRESS__
// What was freed is held back, so that memory tells nothing of what is in use.
constexpr long growth_kib_max = std::numeric_limits<long>::max();
#else
constexpr long growth_kib_max = 64 * 1024;
#endif

void check_order(EngineRun& run) {
    CHECK(run.database.value(
              "select count(*) from (select at, lag(at) over (order by seq) as before from "
              "agentcron.output) o where at < before") == "0");
}

} // namespace

TEST_CASE("NUL bytes and bytes that are not UTF-8 are stored exactly and shown readably",
          "[integration][engine]") {
    EngineRun run;
    run.agent("bytes", "command", R"(printf 'a\000b\377\376c\n'; printf 'gr\303\274n\n' >&2)");
    run.start_worker();
    const auto task = run.enqueue("bytes");
    run.until_status(task, "succeeded");
    CHECK(run.output(task) == std::string("a\0b\xff\xfe"
                                          "c\n",
                                          7));
    CHECK(run.output(task, "err") == "grün\n");
    CHECK(run.database.value("select text from agentcron.task_log where stream = 'out'") ==
          "a\\000b\\377\\376c\n");
    CHECK(run.database.value("select text from agentcron.task_log where stream = 'err'") ==
          "grün\n");
}

TEST_CASE("a jsonl agent that prints NUL and broken UTF-8 loses nothing of it",
          "[integration][engine]") {
    EngineRun run;
    run.agent("bytes", "jsonl",
              R"(read task; printf 'a\000b\377\n'; printf '{"type":"result","result":1}\n')");
    run.start_worker();
    const auto task = run.enqueue("bytes");
    run.until_status(task, "succeeded");
    CHECK(run.database.bytes("select body from agentcron.output where kind = 'text'") ==
          std::string("a\0b\xff\n", 5));
}

TEST_CASE("100 MB on one line are stored to the last byte in bounded memory",
          "[integration][engine][slow]") {
    const auto driver = GENERATE(as<std::string>{}, "command", "jsonl");
    EngineRun run;
    const std::string result = driver == "jsonl" ? R"(; echo '{"type":"result"}')" : "";
    run.agent("long", driver,
              "yes 0123456789abcdef | tr -d '\\n' | head -c 100000000; echo" + result);
    run.start_worker();
    const long before = own_status_kib("VmHWM");
    const auto task = run.enqueue("long");
    run.until_status(task, "succeeded");
    CHECK(own_status_kib("VmHWM") - before < growth_kib_max);
    CHECK(run.database.value("select md5(string_agg(body, '' order by seq)) from "
                             "agentcron.output where kind = 'text'") ==
          "b8067b71a5b758eae44d7e36b0abcd38");
    check_order(run);
}

TEST_CASE("output that comes faster than the database takes it waits on disk, and all of it comes",
          "[integration][engine][slow]") {
    EngineRun run;
    run.agent("fast", "command",
              "i=0; while [ $i -lt 200000 ]; do echo line $i of many; "
              "i=$((i+1)); done; echo > written");
    run.start_worker();
    const long before = own_status_kib("VmHWM");
    agentcron::support::TestDatabase::Blocker blocker(
        run.database, "lock table agentcron.output in exclusive mode");
    const auto task = run.enqueue("fast");
    run.until([&] { return run.file("written") == "\n"; }, "the agent to be done");
    CHECK(run.task(task, "status") == "running");
    CHECK(own_status_kib("VmHWM") - before < growth_kib_max);
    blocker.release();
    run.until_status(task, "succeeded");
    std::string expected;
    for (int i = 0; i < 200000; ++i) expected += "line " + std::to_string(i) + " of many\n";
    CHECK((run.output(task) == expected + "\n" || run.output(task) == expected));
    check_order(run);
}

TEST_CASE("an agent that writes more than it may is stopped", "[integration][engine]") {
    EngineRun run;
    run.agent("chatty", "command", "yes", R"({"limits":{"output":1048576}})");
    run.start_worker();
    const auto task = run.enqueue("chatty");
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason") == "output_limit");
    CHECK(run.output(task).size() <= (1u << 20) + (1u << 16));
}

TEST_CASE("the middle of a long output can be left out, and people are told",
          "[integration][engine]") {
    EngineRun run;
    run.agent("long", "command", "seq 1 200000",
              R"({"limits":{"output":100000,"when_full":"drop_middle"}})");
    run.start_worker();
    const auto task = run.enqueue("long");
    run.until_status(task, "succeeded");
    const auto output = run.output(task);
    CHECK(output.starts_with("1\n2\n3\n"));
    CHECK(output.ends_with("\n199999\n200000\n"));
    CHECK(output.size() <= 100'000);
    CHECK(run.database.value("select count(*) from agentcron.task_log where kind = 'cut'") == "2");
    CHECK(run.database.value("select text from agentcron.task_log where kind = 'cut' "
                             "order by seq desc limit 1") ==
          std::to_string(1'288'895 - output.size()) +
              " bytes are left out here: more was written than limits.output (100000 bytes)");
    check_order(run);
}

TEST_CASE("an agent can be made to wait for the database, and its output has no end",
          "[integration][engine]") {
    EngineRun run;
    run.agent("long", "command",
              "until [ -e start ]; do echo; sleep 0.05; done; (sleep 8; touch late) & "
              "seq 1 200000; touch written; until [ -e go ]; do echo; sleep 0.05; done; "
              "seq 200001 400000",
              R"({"limits":{"output":200000,"when_full":"block"}})");
    const auto worker = run.start_worker();
    const auto task = run.enqueue("long", "", R"({"stall_timeout":5})");
    const auto exists = [&](const char* name) {
        return std::filesystem::exists(run.directory / name);
    };
    SECTION("while that is there") {
        run.write("start", "");
        run.until([&] { return exists("written"); }, "a half");
    }
    SECTION("over an outage, in which it is not silent") {
        run.until_value("select count(*) > 0 from agentcron.output", "t");
        run.database.cut_off();
        run.write("start", "");
        run.until([&] { return exists("late"); }, "the end of its stall_timeout");
        CHECK_FALSE(exists("written"));
        run.database.let_in();
    }
    SECTION("and over a restart of its worker") {
        run.write("start", "");
        run.until([&] { return exists("written"); }, "a half");
        run.crash_worker(worker);
        run.start_worker();
    }
    run.write("go", "");
    run.until_status(task, "succeeded");
    std::string all;
    for (int i = 1; i <= 400'000; ++i) all += std::to_string(i) + "\n";
    auto output = run.output(task);
    output.erase(0, output.find('1'));
    const auto half = all.find("200001\n");
    REQUIRE(output.size() >= all.size());
    CHECK((output.substr(0, half) == all.substr(0, half)));
    CHECK((output.ends_with("\n" + all.substr(half))));
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/1");
}

TEST_CASE("messages of a jsonl agent are rows of their kind, in order", "[integration][engine]") {
    EngineRun run;
    run.agent("steps", "jsonl",
              R"(read task
echo '{"type":"session","session_id":"s-1"}'
echo '{"type":"text","text":"looking"}'
echo '{"type":"tool","name":"grep"}'
echo not json
echo '{"type":"usage","cost_usd":0.25,"input_tokens":10,"output_tokens":4}'
echo '{"type":"result","result":{"found":2},"summary":"two found"}')");
    run.start_worker();
    const auto task = run.enqueue("steps");
    run.until_status(task, "succeeded");
    CHECK(run.database.value("select string_agg(kind, ' ' order by seq) from agentcron.output "
                             "where stream = 'out'") == "session message tool text usage result");
    CHECK(run.database.value("select text from agentcron.task_log where kind = 'message'") ==
          "looking\n");
    CHECK(run.task(task, "result") == "{\"found\": 2}");
    CHECK(run.task(task, "summary") == "two found");
    CHECK(run.task(task, "session_id") == "s-1");
    CHECK(run.task(task, "cost_usd") == "0.250000");
    CHECK(run.task(task, "input_tokens || '/' || output_tokens") == "10/4");
}

TEST_CASE("a cost that the database refuses does not keep the task from ending",
          "[integration][engine]") {
    EngineRun run;
    const auto result = GENERATE(as<std::string>{}, "", R"("result":{"n":1},)");
    run.agent("dear", "jsonl",
              R"(read task; echo '{"type":"usage","cost_usd":1e300}'; echo '{"type":"result",)" +
                  result + R"("summary":"kept"}')");
    run.start_worker();
    const auto task = run.enqueue("dear");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "summary") == "kept");
    CHECK(run.task(task, "result->>'n'") == (result.empty() ? "" : "1"));
    CHECK(run.task(task, "message").find("the usage could not be stored") != std::string::npos);
}

TEST_CASE("a result with numbers that jsonb cannot hold is kept without them",
          "[integration][engine]") {
    EngineRun run;
    run.agent("far", "jsonl",
              "read task; echo "
              R"('{"type":"result","result":{"n":1e999999,"m":2},"summary":"kept"}')");
    run.start_worker();
    const auto task = run.enqueue("far");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "result->>'m'") == "2");
    CHECK(run.task(task, "summary") == "kept");
}

TEST_CASE("a result with a NUL character is kept with a replacement", "[integration][engine]") {
    EngineRun run;
    run.agent("nul", "jsonl",
              R"(read task; printf '%s\n' )"
              R"('{"type":"result","result":{"text":"a\u0000b \\u0000"},"summary":"x\u0000y"}')");
    run.start_worker();
    const auto task = run.enqueue("nul");
    run.until_status(task, "succeeded");
    CHECK(run.task(task, "result->>'text'")
              .starts_with("a\xEF\xBF\xBD"
                           "b \\u0000"));
}
