// What the schema and the code say twice is said alike.
#include "db/connection.hpp"
#include "db/statements.hpp"
#include "support/catch.hpp"
#include "support/test_cluster.hpp"
#include "task/spec.hpp"
#include "task/status.hpp"

#include <fstream>
#include <iterator>
#include <spdlog/fmt/fmt.h>

namespace agentcron::db {

using support::TestDatabase;

namespace {

// libpqxx 6 sends a statement with its first use only.
void prepare_now([[maybe_unused]] Connection& connection, const std::string& name) {
    REQUIRE_FALSE(name.empty());
#if PQXX_VERSION_MAJOR < 7
    connection.raw().prepare_now(name);
#endif
}

std::string read_file(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The reasons' cell of the table row that begins with | `name` |.
std::string row_of(const std::string& text, const std::string& name) {
    const auto begin = text.find("\n| `" + name + "` |");
    if (begin == std::string::npos) return {};
    const auto cell = text.find('|', begin + 3) + 1;
    return text.substr(cell, text.find('\n', cell) - cell);
}

} // namespace

TEST_CASE("every statement is one that PostgreSQL can prepare", "[integration][db]") {
    TestDatabase database;
    Connection connection(database.conninfo());
    for (const auto& name : statement_names()) {
        if (name == "migrations_table") continue; // two statements at once, run as they are
        INFO(name);
        const bool limited = statement(name).find("{limit}") != std::string_view::npos;
        CHECK_NOTHROW(prepare_now(connection, connection.prepare(name, limited ? 4 : 0)));
    }
}

TEST_CASE("the README's table of states is the code's", "[integration][db]") {
    const auto readme = read_file(std::string(AGENTCRON_SOURCE_DIR) + "/README.md");
    for (const auto status : task::all_statuses) {
        const auto row = row_of(readme, std::string(task::name(status)));
        INFO(task::name(status) << ": " << row);
        REQUIRE_FALSE(row.empty());
        for (const auto reason : task::all_reasons) {
            if (reason == task::Reason::none) continue;
            INFO(task::name(reason));
            CHECK((row.find(fmt::format("`{}`", task::name(reason))) != std::string::npos) ==
                  task::allows(status, reason));
        }
    }
}

TEST_CASE("the CHECK constraint of tasks allows the states that the code allows",
          "[integration][db]") {
    TestDatabase database;
    for (const auto status : task::all_statuses) {
        for (const auto reason : task::all_reasons) {
            INFO(task::name(status) << "/" << task::name(reason));
            const auto refusal = database.refusal(fmt::format(
                "insert into agentcron.tasks (agent, run_at, started_at, finished_at, spec, "
                "status, reason) values ('a', now(), now(), {}, '{{}}', '{}', '{}')",
                task::is_final(status) ? "now()" : "null", task::name(status), task::name(reason)));
            CHECK(refusal.empty() == task::allows(status, reason));
            if (!refusal.empty()) CHECK(refusal.find("tasks_state") != std::string::npos);
        }
    }
}

TEST_CASE("a task is finished exactly in its final states", "[integration][db]") {
    TestDatabase database;
    for (const auto status : task::all_statuses) {
        INFO(task::name(status));
        for (const auto reason : task::all_reasons) {
            if (!task::allows(status, reason)) continue;
            const auto refusal = database.refusal(fmt::format(
                "insert into agentcron.tasks (agent, run_at, started_at, finished_at, spec, "
                "status, reason) values ('a', now(), now(), {}, '{{}}', '{}', '{}')",
                task::is_final(status) ? "null" : "now()", task::name(status), task::name(reason)));
            CHECK(refusal.find("tasks_finished") != std::string::npos);
        }
    }
}

TEST_CASE("the spec that a schedule's row gives its tasks is the one that the code reads",
          "[integration][db]") {
    TestDatabase database;
    database.execute(
        "insert into agentcron.schedules (name, agent, cron, prompt, params, timeout, hold, "
        "total_timeout, stall_timeout, queue_timeout, input_timeout, on_input_timeout, "
        "on_lost, conversation, retry_attempts, retry_backoff, retry_max_backoff, retry_jitter, "
        "retry_on, "
        "retry_never_on_exit, max_limit_waits, budget, success, steps) values ('s', 'a', '@daily', "
        "'say {{params.x}}', "
        "'{\"x\":[1],\"none\":null}', '90 seconds', '2 minutes', '1 day', '3 minutes', '4 hours', "
        "'5 days', 'default', 'ask', 'continue', 4, '5 seconds', '2 hours', false, "
        "'{lost,timeout}', "
        "'{2,3}', 7, '{\"cost_usd\":1.5,\"per_day\":{\"turns\":1}}', "
        "'{\"exit_codes\":[0,7],\"result\":true,\"check\":[\"c\",\"d\"]}', "
        "'[{\"name\":\"one\",\"params\":{\"y\":null}}]')");
    const auto json =
        database.value("select agentcron.task_spec(s, '{\"y\":2}') from agentcron.schedules s");
    const auto spec = task::spec_from_json(json);
    REQUIRE(spec.has_value());
    CHECK(spec->prompt == "say {{params.x}}");
    CHECK(spec->params.size() == 3);
    CHECK(spec->params.at("none").is_null());
    CHECK(spec->timeout == base::Seconds(90));
    CHECK(spec->hold == base::Seconds(120));
    CHECK(spec->total_timeout == base::Seconds(86400));
    CHECK(spec->stall_timeout == base::Seconds(180));
    CHECK(spec->queue_timeout == base::Seconds(4 * 3600));
    CHECK(spec->input_timeout == base::Seconds(5 * 86400));
    CHECK(spec->on_input_timeout == task::OnInputTimeout::use_default);
    CHECK(spec->on_lost == task::OnLost::ask);
    CHECK(spec->continues_conversation);
    CHECK(spec->retry.attempts == 4);
    CHECK(spec->retry.backoff == base::Seconds(5));
    CHECK(spec->retry.max_backoff == base::Seconds(7200));
    CHECK_FALSE(spec->retry.jitter);
    CHECK(spec->retry.on == std::vector{task::Reason::lost, task::Reason::timeout});
    CHECK(spec->retry.never_on_exit == std::vector{2, 3});
    CHECK(spec->max_limit_waits == 7);
    CHECK(spec->budget.cost_usd == 1.5);
    CHECK_FALSE(spec->budget.turns);
    CHECK(json.find("per_day") == std::string::npos);
    CHECK(spec->success.exit_codes == std::vector{0, 7});
    CHECK(spec->success.result);
    CHECK(spec->success.check == std::vector<std::string>{"c", "d"});
    CHECK(json.find("\"steps\": [{\"name\": \"one\", \"params\": {\"y\": null}}]") !=
          std::string::npos);
}

TEST_CASE("a spec leaves out what the code has by default", "[integration][db]") {
    TestDatabase database;
    database.execute("insert into agentcron.schedules (name, agent, cron) values ('s', 'a', "
                     "'@daily')");
    const auto json =
        database.value("select agentcron.task_spec(s, '{}') from agentcron.schedules s");
    CHECK(json == "{\"params\": {}, \"prompt\": \"\"}");
    CHECK(task::to_json(*task::spec_from_json(json)) == task::to_json(task::Spec{}));
}

} // namespace agentcron::db
