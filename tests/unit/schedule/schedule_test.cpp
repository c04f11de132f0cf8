#include "schedule/schedule.hpp"
#include "support/catch.hpp"
#include "task/spec.hpp"
#include "task/status.hpp"

using namespace agentcron;
using namespace agentcron::schedule;

TEST_CASE("every policy has the name that it is read back from", "[unit][schedule]") {
    const auto each = [](auto last, auto names, auto from) {
        for (int i = 0; i <= static_cast<int>(last); ++i) {
            const auto value = static_cast<decltype(last)>(i);
            CHECK(from(name(value)) == value);
            CHECK(names[static_cast<std::size_t>(i)] == name(value));
        }
        CHECK(names.size() == static_cast<std::size_t>(last) + 1);
    };
    each(Overlap::allow, overlap_names(), overlap_from);
    each(WhileWaiting::allow, while_waiting_names(), while_waiting_from);
    each(CatchUp::none, catch_up_names(), catch_up_from);
    each(OnInputTimeout::go_on, on_input_timeout_names(), on_input_timeout_from);
    each(OnLost::ask, on_lost_names(), on_lost_from);
    each(Conversation::go_on, conversation_names(), conversation_from);
    CHECK(name(Overlap::cancel_previous) == "cancel_previous");
    CHECK(name(CatchUp::none) == "none");
}

TEST_CASE("a name of no policy is nothing", "[unit][schedule]") {
    REQUIRE_FALSE(overlap_from("queue"));
    REQUIRE_FALSE(while_waiting_from(""));
    REQUIRE_FALSE(catch_up_from("Latest"));
    REQUIRE_FALSE(on_input_timeout_from("go_on"));
    REQUIRE_FALSE(conversation_from("go_on"));
}

TEST_CASE("a schedule's words for failures and questions are those of tasks", "[unit][schedule]") {
    std::vector<std::string_view> failures;
    for (const auto reason : task::all_reasons)
        if (task::allows(task::Status::failed, reason)) failures.push_back(task::name(reason));
    CHECK(std::vector(failure_names().begin(), failure_names().end()) == failures);
    for (const auto text : on_input_timeout_names()) CHECK(task::on_input_timeout_from(text));
    for (const auto text : on_lost_names()) CHECK(task::on_lost_from(text));
}

TEST_CASE("a schedule's defaults are those of a task's spec", "[unit][schedule]") {
    const Schedule declared;
    const task::Spec spec;
    CHECK(declared.timeout == spec.timeout);
    CHECK(declared.hold == spec.hold);
    CHECK(declared.total_timeout == spec.total_timeout);
    CHECK(declared.stall_timeout == spec.stall_timeout);
    CHECK(declared.queue_timeout == spec.queue_timeout);
    CHECK(declared.input_timeout == spec.input_timeout);
    CHECK(name(declared.on_input_timeout) == task::name(spec.on_input_timeout));
    CHECK(name(declared.on_lost) == task::name(spec.on_lost));
    CHECK((declared.conversation == Conversation::go_on) == spec.continues_conversation);
    CHECK(declared.retry.attempts == spec.retry.attempts);
    CHECK(declared.retry.backoff == spec.retry.backoff);
    CHECK(declared.retry.max_backoff == spec.retry.max_backoff);
    CHECK(declared.retry.jitter == spec.retry.jitter);
    CHECK(declared.retry.on.has_value() == spec.retry.on.has_value());
    CHECK(declared.success.exit_codes == spec.success.exit_codes);
    CHECK(declared.success.result == spec.success.result);
}
