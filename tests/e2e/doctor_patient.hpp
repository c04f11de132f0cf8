// Something for `agentcron doctor` to look at.
#pragma once

#include "base/version.hpp"
#include "e2e/cli_fixture.hpp"

namespace agentcron::e2e {

// What doctor finds: the lines "state what: detail" that are not ok, and its exit code.
struct Diagnosis {
    int exit_code = -1;
    std::string text{}; // one line for each finding that is not ok

    bool has(const std::string& line) const { return text.find(line) != std::string::npos; }
};

class Patient : public CommandLine {
public:
    Diagnosis doctor(std::vector<std::string> more = {},
                     std::vector<std::pair<std::string, std::string>> environment = {}) {
        std::vector<std::string> arguments{"doctor", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        auto with = options();
        for (auto& variable : environment) with.environment.push_back(std::move(variable));
        const auto finished = support::run_agentcron(arguments, with);
        INFO(finished.out << finished.err);
        REQUIRE(finished.exit_code);
        Diagnosis diagnosis{.exit_code = *finished.exit_code};
        const auto said = boost::json::parse(finished.out);
        CHECK(said.at("ok").as_bool() == (diagnosis.exit_code == 0));
        for (const auto& finding : said.at("findings").as_array()) {
            const auto state = std::string(finding.at("state").as_string());
            const auto what = std::string(finding.at("what").as_string());
            const auto detail = std::string(finding.at("detail").as_string());
            // Of the machine that tests run on, not of the patient.
            const bool is_elsewhere = what == "disk" || detail.starts_with("a round trip takes");
            if (state == "warning" && is_elsewhere) continue;
            if (state != "ok") diagnosis.text += state + " " + what + ": " + detail + "\n";
        }
        return diagnosis;
    }
    // A scheduler and a worker that seem to live, so that nothing but what a case does is wrong.
    void seem_alive() {
        std::filesystem::create_directories(state());
        const std::string version(base::version());
        database.execute("insert into agentcron.workers (id, host, boot_id, pid, version, slots) "
                         "values (gen_random_uuid(), 'here', 'b', 1, '" +
                         version + "', 4)");
        database.execute("insert into agentcron.schedulers (id, host, pid, version) values "
                         "(gen_random_uuid(), 'here', 1, '" +
                         version + "')");
    }
    std::filesystem::path state() const { return directory.path() / "state"; }
};

} // namespace agentcron::e2e
