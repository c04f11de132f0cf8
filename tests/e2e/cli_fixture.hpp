// A database and the command line on it.
#pragma once

#include "support/catch.hpp"
#include "support/run_program.hpp"
#include "support/test_cluster.hpp"

#include <boost/json.hpp>

namespace agentcron::e2e {

class CommandLine {
public:
    support::TestDatabase database;
    support::TemporaryDirectory directory;

    support::Finished run(std::vector<std::string> arguments, std::string stdin_text = {}) {
        return support::run_agentcron(std::move(arguments), options(std::move(stdin_text)));
    }
    // Runs it and requires that it succeeds; gives stdout.
    std::string out(std::vector<std::string> arguments, std::string stdin_text = {}) {
        const auto finished = run(std::move(arguments), std::move(stdin_text));
        INFO(finished.err);
        REQUIRE(finished.exit_code == 0);
        return finished.out;
    }
    boost::json::value json(std::vector<std::string> arguments) {
        arguments.push_back("--json");
        return boost::json::parse(out(std::move(arguments)));
    }

    support::ProgramOptions options(std::string stdin_text = {}) const {
        support::ProgramOptions options;
        options.environment = {{"AGENTCRON_DATABASE_URL", database.conninfo()},
                               {"AGENTCRON_STATE_DIR", directory.path() / "state"},
                               {"HOME", directory.path()}};
        options.stdin_text = std::move(stdin_text);
        options.working_directory = directory.path();
        return options;
    }

    void declare_schedule(const std::string& name) {
        database.execute("insert into agentcron.agents (name, driver) values ('echo', 'command') "
                         "on conflict do nothing");
        database.execute("insert into agentcron.schedules (name, cron, agent, prompt) values ('" +
                         name + "', '0 3 * * *', 'echo', 'hello')");
    }
    // A task as a worker leaves it; gives its id. `fields` are further columns, `values` theirs.
    std::string add_task(const std::string& status, const std::string& more_columns = {},
                         const std::string& more_values = {}) {
        const bool finished = status == "succeeded" || status == "failed" || status == "cancelled";
        return database.value(
            "insert into agentcron.tasks (schedule, agent, run_at, status, spec, started_at, "
            "finished_at" +
            more_columns + ") values ('nightly', 'echo', now(), '" + status +
            "', '{\"prompt\":\"hello\"}', now() - interval '1 minute', " +
            (finished ? "now()" : "null") + more_values + ") returning id");
    }
    // An open question of the task; its process has been parked.
    std::string add_question(const std::string& task, const std::string& kind = "ask",
                             const std::string& options = "[]") {
        return database.value(
            "insert into agentcron.questions (task_id, run_no, native_id, kind, headline, options, "
            "fingerprint) values (" +
            task + ", 1, 'q' || (select count(*) from agentcron.questions), '" + kind +
            "', 'Which branch?', '" + options + "', 'f') returning id");
    }
};

} // namespace agentcron::e2e
