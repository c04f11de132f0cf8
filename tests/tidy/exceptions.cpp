#include "tidy/exceptions.hpp"

#include <algorithm>

namespace agentcron::tidy {

const std::vector<SizeException>& size_exceptions() {
    static const std::vector<SizeException> exceptions{
        {"tests/unit/cron/support.cpp", "eighty_zones", 88},
    };
    return exceptions;
}

const std::vector<RuleException>& rule_exceptions() {
    static const std::vector<RuleException> exceptions{
        {"columns", "tests/bench/cron", 2},
        {"columns", "tests/unit/cron/crontab_test.cpp", 2},
        {"mirror", "tests/unit/cron/allocation_test.cpp", 1},
        {"mirror", "tests/unit/cron/clock_change_test.cpp", 1},
        {"mirror", "tests/unit/cron/hostile_input_test.cpp", 1},
        {"mirror", "tests/unit/cron/regressions_test.cpp", 1},
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
