// A task as `show` tells it.
#include "e2e/cli_fixture.hpp"
#include "support/skip.hpp"

using agentcron::e2e::CommandLine;
using Catch::Contains;
namespace support = agentcron::support;

namespace {

const char* call = R"({"type":"assistant","session_id":"s","message":{"content":[)"
                   R"({"type":"tool_use","id":"t","name":"Bash","input":{"command":"make"}}]}})";
const char* call_end = R"({"type":"user","session_id":"s","message":{"content":[)"
                       R"({"type":"tool_result","tool_use_id":"t","content":"all built"}]}})";

// A task that Claude worked at in two legs, with a question between them.
struct Conversation : CommandLine {
    std::string id =
        add_task("succeeded", ", cost_usd, input_tokens, output_tokens", ", 0.25, 1200, 34");

    Conversation() {
        add_run(1, "parked");
        add_run(2, "succeeded");
        add_line(1, 1, call);
        add_line(1, 2, call_end);
        database.execute(
            "insert into agentcron.questions (task_id, run_no, native_id, kind, headline, "
            "fingerprint, outcome, answer, answered_by, answered_via, closed_at) values (" +
            id +
            ", 1, 'q', 'ask', 'Which branch?', 'f', 'answered', 'main', 'anna', 'sql', "
            "clock_timestamp())");
        add_line(2, 1,
                 R"({"type":"assistant","session_id":"s","message":{"content":[)"
                 R"({"type":"text","text":"Done on main."}]}})");
    }
    void add_run(int run_no, const std::string& outcome) {
        database.execute("insert into agentcron.attempts (task_id, run_no, attempt, token, "
                         "worker_id, outcome, finished_at) values (" +
                         id + ", " + std::to_string(run_no) +
                         ", 1, gen_random_uuid(), gen_random_uuid(), '" + outcome + "', now())");
    }
    void add_line(int run_no, int seq, const std::string& line) {
        database.execute("insert into agentcron.output select output_day, task_id, run_no, " +
                         std::to_string(seq) + ", clock_timestamp(), 'out', 'message', '" + line +
                         "\\012'::bytea from agentcron.attempts where task_id = " + id +
                         " and run_no = " + std::to_string(run_no));
    }
};

} // namespace

TEST_CASE("show tells a task as a conversation", "[e2e][cli]") {
    Conversation cli;
    const auto text = cli.out({"show", cli.id});
    CHECK_THAT(text, Contains("\nconversation\n\n---- run 1, attempt 1, ") &&
                         Contains("\n* Bash: make (ok, ") && !Contains("all built"));
    CHECK_THAT(text, Contains("\n\n? Which branch?\n> main\n  anna, by sql, "));
    CHECK_THAT(text, Contains(": goes on after a question ----\n\nDone on main.\n"));
    CHECK_THAT(text, Contains("\n= succeeded, took ") &&
                         Contains(", 0.250000 USD, 1200 tokens in, 34 out\n"));
    CHECK_THAT(cli.out({"show", cli.id, "--full"}),
               Contains("    input\n      {\"command\":\"make\"}\n    output\n      all built\n"));
}

TEST_CASE("show gives machines the turns", "[e2e][cli]") {
    Conversation cli;
    const auto task = cli.json({"show", cli.id});
    const auto& turns = task.at("turns").as_array();
    REQUIRE(turns.size() == 5);
    CHECK(turns.at(1).at("type") == "tool");
    CHECK(turns.at(1).at("output") == "all built");
    CHECK(turns.at(2).at("answer") == "main");
    CHECK(turns.at(3).at("why") == "goes on after a question");
    CHECK(turns.at(4).at("text") == "Done on main.");
    CHECK(task.at("questions").as_array().size() == 1);
}

TEST_CASE("show of a long task needs little memory", "[e2e][cli][slow]") {
#ifdef __SANITIZE_ADDRESS__
    AGENTCRON_SKIP("the address sanitizer takes terabytes of address space");
#endif
    Conversation cli;
    cli.database.execute("insert into agentcron.output select output_day, task_id, run_no, n + 9, "
                         "now(), 'out', 'text', (repeat('0123456789abcde', 4000) || E'\\n')::bytea "
                         "from agentcron.attempts, generate_series(1, 2000) n where run_no = 2");
    for (const auto* how : {"--full", "--json"}) {
        INFO(how);
        const auto limited =
            support::Program({"/bin/sh", "-c",
                              "ulimit -v 400000; '" + support::agentcron_binary().string() +
                                  "' show " + cli.id + " " + how + " | wc -c"},
                             cli.options())
                .finish();
        CHECK(limited.exit_code == 0);
        CHECK(limited.err.empty());
        CHECK(std::stol(limited.out) > 2000 * 60'000);
    }
}
