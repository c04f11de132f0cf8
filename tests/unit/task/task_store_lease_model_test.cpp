// The promises of the task store's contract, with every order in which the daemons, the agents, the
// people and the bad luck of two machines may come: the model is in lease_model.hpp.
#include "db/statements.hpp"
#include "support/catch.hpp"
#include "unit/task/lease_model.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

namespace agentcron::task::model {
namespace {

std::string story(const Report& report) {
    return fmt::format("{} states, {}: {}", report.states, report.broken,
                       fmt::join(report.way, "; "));
}

void holds(const Rules& rules) {
    const auto report = search(rules);
    INFO(story(report));
    CHECK(report.broken.empty());
}

} // namespace

TEST_CASE("in every order of events one attempt writes, one agent lives and no task is stuck",
          "[unit][task]") {
    holds({.attempts_max = 2, .faults_max = 0});
    holds({.attempts_max = 1, .faults_max = 1});
    holds({.attempts_max = 2, .faults_max = 0, .asks_when_lost = true});
}

TEST_CASE("the same with two attempts and twice bad luck", "[.][deep][task]") {
    holds({.attempts_max = 2, .faults_max = 2});
}

TEST_CASE("a rule that is left out breaks the promise that it is there for", "[unit][task]") {
    const auto [flaw, promise] = GENERATE(table<Flaw, std::string>({
        {Flaw::finish_without_token, "a finished task was changed"},
        {Flaw::output_without_token, "two attempts write"},
        {Flaw::rescue_without_second_look, "a lease was taken back before its time"},
        {Flaw::rescue_without_token, "a lease was taken back before its time"},
        {Flaw::rescue_of_what_waits, "a question is open and its task does not wait"},
        {Flaw::rescue_without_answer, "an answer was lost"},
        {Flaw::park_before_answer, "an answer was lost"},
        {Flaw::give_back_without_answer, "an answer was lost"},
        {Flaw::answer_without_leg, "a task is stuck"},
        {Flaw::answer_after_end, "a finished task was changed"},
        {Flaw::adoption_without_token, "a finished task was changed"},
        {Flaw::adoption_without_memory, "an answer was given twice"},
        {Flaw::renewal_without_lease, "a finished task was changed"},
        {Flaw::trust_from_reply, "two agents live"},
        {Flaw::trust_without_end, "two agents live"},
        {Flaw::cancel_without_lease, "a finished task was changed"},
    }));
    const auto report = search({.flaw = flaw, .attempts_max = 1, .faults_max = 1});
    INFO(story(report));
    CHECK(report.broken == promise);
}

TEST_CASE("the model's moves of the database are statements of its", "[unit][task]") {
    // Of the worker that adopts; it comes with adoption itself.
    const std::set<std::string_view> to_come{"adopt"};
    const auto all = db::statement_names();
    int statements = 0;
    for (const auto name : search({.attempts_max = 1, .faults_max = 1}).names) {
        const bool is_other = name.find(' ') != std::string_view::npos;
        if (is_other || name.starts_with("agentcron.") || to_come.contains(name)) continue;
        INFO(name);
        CHECK(std::count(all.begin(), all.end(), name) == 1);
        ++statements;
    }
    CHECK(statements == 13);
}

} // namespace agentcron::task::model
