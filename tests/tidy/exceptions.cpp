#include "tidy/exceptions.hpp"

#include <algorithm>

namespace agentcron::tidy {

const std::vector<SizeException>& size_exceptions() {
    static const std::vector<SizeException> exceptions{
        {"src/cron/field_parser.cpp", "", 401},
        {"src/engine/attempt.cpp", "", 420},
        {"tests/unit/cron/support.cpp", "eighty_zones", 88},
    };
    return exceptions;
}

const std::vector<RuleException>& rule_exceptions() {
    static const std::vector<RuleException> exceptions{
        {"banners", "src/agent/driver.hpp", 2},
        {"banners", "src/db/pg_task_store.cpp", 5},
        {"banners", "src/engine/attempt.cpp", 5},
        {"columns", "CMakeLists.txt", 1},
        {"columns", "migrations/0001_tables.sql", 32},
        {"columns", "migrations/0002_functions.sql", 30},
        {"columns", "migrations/0003_views.sql", 19},
        {"columns", "schedules/journal.yaml", 1},
        {"columns", "src/CMakeLists.txt", 1},
        {"columns", "src/config/config.hpp", 1},
        {"columns", "src/db/sql/leases.sql", 13},
        {"columns", "src/db/sql/output.sql", 2},
        {"columns", "src/db/sql/questions.sql", 6},
        {"columns", "src/db/sql/schedules.sql", 12},
        {"columns", "src/db/sql/workers.sql", 1},
        {"columns", "src/schedule/schedule_store.hpp", 2},
        {"columns", "src/task/task_store.hpp", 1},
        {"columns", "tests/unit/cron/crontab_test.cpp", 2},
        {"mirror", "tests/unit/cron/allocation_test.cpp", 1},
        {"mirror", "tests/unit/cron/clock_change_test.cpp", 1},
        {"mirror", "tests/unit/cron/hostile_input_test.cpp", 1},
        {"mirror", "tests/unit/cron/regressions_test.cpp", 1},
        {"sql", "src/db/migrate.cpp", 4},
        {"sql", "src/db/pg_task_store.cpp", 2},
        {"sql", "src/db/private_cluster.cpp", 1},
    };
    return exceptions;
}

Findings without_excepted(std::string_view rule, const Findings& findings,
                          const std::vector<RuleException>& exceptions) {
    Findings result = findings;
    for (const RuleException& exception : exceptions) {
        if (exception.rule != rule) continue;
        const auto excepted = [&](const Finding& f) { return f.path == exception.path; };
        const auto count = std::count_if(findings.begin(), findings.end(), excepted);
        if (count > exception.findings) continue; // all are shown: whoever added one sees it
        std::erase_if(result, excepted);
        if (count < exception.findings)
            result.push_back({exception.path, 0,
                              "has " + std::to_string(count) + " findings, its exception says " +
                                  std::to_string(exception.findings) +
                                  ": lower or remove it in tests/tidy/exceptions.cpp"});
    }
    return result;
}

} // namespace agentcron::tidy
