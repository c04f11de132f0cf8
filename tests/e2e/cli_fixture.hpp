// A database and the command line on it.
#pragma once

#include "support/catch.hpp"
#include "support/run_program.hpp"
#include "support/test_cluster.hpp"

#include <boost/json.hpp>
#include <sstream>

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
    // A task for a due time of the schedule; gives its id. It is skipped, unless `set` makes it
    // something else: assignments as of updates, one after another where ';' parts them.
    std::string add_due(const std::string& schedule, const std::string& fire_time,
                        const std::string& set = {}) {
        const auto id = database.value(
            "insert into agentcron.tasks (schedule_id, schedule, agent, fire_time, run_at, "
            "created_at, trigger, status, reason, finished_at, spec) select id, name, agent, '" +
            fire_time + "', '" + fire_time + "', '" + fire_time +
            "', 'schedule', 'skipped', 'overlap', now(), '{}' from agentcron.schedules where name "
            "= '" +
            schedule + "' returning id");
        std::istringstream updates(set);
        for (std::string update; std::getline(updates, update, ';');)
            database.execute("update agentcron.tasks set " + update + " where id = " + id);
        return id;
    }
    // As if a scheduler had read the declaration.
    void plan(const std::string& schedule, const std::string& next_fire_at) {
        database.execute("update agentcron.schedules set planned_rev = rev, next_fire_at = " +
                         next_fire_at + " where name = '" + schedule + "'");
    }
    void add_scheduler(const std::string& from, const std::string& heartbeat) {
        database.execute("insert into agentcron.schedulers (id, host, pid, version, started_at, "
                         "heartbeat_at) values (gen_random_uuid(), 'here', 1, '1', " +
                         from + ", " + heartbeat + ")");
    }
    void add_worker() {
        database.execute("insert into agentcron.workers (id, host, boot_id, pid, version, slots) "
                         "values (gen_random_uuid(), 'here', 'b', 1, '1', 4)");
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
