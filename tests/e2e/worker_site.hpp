// A worker with a state directory that a case may spoil, on a database of its own.
#pragma once

#include "e2e/watching.hpp"
#include "support/catch.hpp"
#include "support/run_program.hpp"
#include "support/test_cluster.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::e2e {

class WorkerSite {
public:
    support::TemporaryDirectory directory;
    support::TestDatabase database;

    std::filesystem::path path(const std::string& name) const { return directory.path() / name; }

    // An agent `job` that is a shell script; its working directory is the site's.
    void agent(const std::string& script) {
        directory.write("job.sh", script);
        database.execute(fmt::format(
            "insert into agentcron.agents (name, driver, config) values ('job', 'command', "
            "jsonb_build_object('command', jsonb_build_array('/bin/sh', '{}')))",
            path("job.sh").string()));
    }
    void enqueue(int count = 1, const std::string& options = "{}") {
        database.execute(fmt::format("select agentcron.enqueue('job', options => '{}') from "
                                     "generate_series(1, {})",
                                     options, count));
    }

    support::ProgramOptions options(const std::string& conninfo = "") const {
        support::ProgramOptions options;
        options.environment = {
            {"AGENTCRON_STATE_DIR", path("state")},
            {"AGENTCRON_DATABASE_URL", conninfo.empty() ? database.conninfo() : conninfo},
            {"HOME", directory.path()}};
        options.working_directory = directory.path();
        return options;
    }
    // A lease of three seconds: it looks at its disk each second.
    std::unique_ptr<support::Program> start(std::vector<std::string> arguments = {}) const {
        std::vector<std::string> argv{
            support::agentcron_binary(), "worker", "--lease", "3", "--slots", "8"};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        auto worker = std::make_unique<support::Program>(argv, options());
        REQUIRE(worker->wait_for_output("ready", limit));
        return worker;
    }

    bool becomes(const std::string& sql, const std::string& expected) {
        const auto last = database.wait_for_value(sql, expected, limit);
        UNSCOPED_INFO(sql << ": " << last);
        return last == expected;
    }
    bool all_succeeded(int count) {
        return becomes("select count(*) from agentcron.tasks where status = 'succeeded'",
                       std::to_string(count));
    }
    // No task has used up more than one attempt, however often it was given back.
    bool none_counted_twice() {
        return database.value("select max(attempt) from agentcron.tasks") == "1" &&
               database.value("select count(*) from agentcron.attempts where outcome not in "
                              "('succeeded', 'returned')") == "0";
    }
    // Whether people come to be told these words of a task. Between two tries, that is: for a
    // moment it is running.
    bool tells(int task, const std::vector<std::string>& words) {
        std::string fate;
        const bool told = comes([&] {
            fate = database.value(fmt::format(
                "select agentcron.fate_words(t) from agentcron.tasks t where id = {}", task));
            return std::all_of(words.begin(), words.end(), [&](const auto& one) {
                return fate.find(one) != std::string::npos;
            });
        });
        UNSCOPED_INFO(fate);
        return told;
    }
};

} // namespace agentcron::e2e
