#include "cli/findings.hpp"

#include "support/catch.hpp"

namespace agentcron::cli {

using State = base::Finding::State;

TEST_CASE("a finding is a line, and its advice one below", "[unit][cli][doctor]") {
    const Findings findings{{"login", State::failed, "not \x1b[2Jlogged in", "log in"},
                            {"a longer one", State::warning, "so", ""}};
    CHECK(findings_text(findings, false) == "failed  login      not \\x1b[2Jlogged in\n"
                                            "                   log in\n"
                                            "warning a longer oneso\n");
    CHECK(findings_text(findings, true).find("\x1b[31mfailed  \x1b[0m") == 0);
}

TEST_CASE("findings for machines have null for no advice", "[unit][cli][doctor]") {
    const Findings findings{{"a", State::fixed, "mended", ""}, {"b", State::unknown, "", "look"}};
    const auto json = findings_json(findings);
    CHECK(json.at(0).at("state") == "fixed");
    CHECK(json.at(0).at("advice").is_null());
    CHECK(json.at(1).at("advice") == "look");
}

TEST_CASE("only what failed makes findings fail", "[unit][cli][doctor]") {
    CHECK_FALSE(has_failed({}));
    CHECK_FALSE(has_failed({{"a", State::warning}, {"b", State::unknown}, {"c", State::fixed}}));
    CHECK(has_failed({{"a", State::ok}, {"b", State::failed}}));
}

} // namespace agentcron::cli
