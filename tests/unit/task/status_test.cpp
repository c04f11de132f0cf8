#include "task/status.hpp"

#include "support/catch.hpp"

#include <set>

using namespace agentcron::task;

TEST_CASE("every status and reason is found by its name", "[unit][task]") {
    std::set<std::string_view> names;
    for (const Status status : all_statuses) {
        CHECK(status_from(name(status)) == status);
        names.insert(name(status));
    }
    CHECK(names.size() == all_statuses.size());
    names.clear();
    for (const Reason reason : all_reasons) {
        CHECK(reason_from(name(reason)) == reason);
        names.insert(name(reason));
    }
    CHECK(names.size() == all_reasons.size());
    CHECK(reason_from("") == Reason::none);
    CHECK_FALSE(status_from(""));
    CHECK_FALSE(status_from("Queued"));
    CHECK_FALSE(reason_from("because"));
}

TEST_CASE("every reason but upstream and usage_limit belongs to exactly one status",
          "[unit][task]") {
    for (const Reason reason : all_reasons) {
        if (reason == Reason::none) continue;
        int statuses = 0;
        for (const Status status : all_statuses) statuses += allows(status, reason);
        CAPTURE(name(reason));
        const bool of_two = reason == Reason::upstream || reason == Reason::usage_limit;
        CHECK(statuses == (of_two ? 2 : 1));
    }
    CHECK(allows(Status::blocked, Reason::upstream));
    CHECK(allows(Status::cancelled, Reason::upstream));
    CHECK(allows(Status::queued, Reason::retry));
    CHECK(allows(Status::blocked, Reason::usage_limit));
    CHECK(allows(Status::failed, Reason::usage_limit));
    CHECK(allows(Status::failed, Reason::output_limit));
    CHECK(allows(Status::cancelled, Reason::replaced));
    CHECK(allows(Status::skipped, Reason::open_question));
}

TEST_CASE("what ended or stopped says why", "[unit][task]") {
    for (const Status status :
         {Status::queued, Status::running, Status::waiting_for_input, Status::succeeded})
        CHECK(allows(status, Reason::none));
    for (const Status status :
         {Status::blocked, Status::failed, Status::cancelled, Status::skipped})
        CHECK_FALSE(allows(status, Reason::none));
}

TEST_CASE("four statuses are final", "[unit][task]") {
    std::set<Status> final;
    for (const Status status : all_statuses) {
        if (is_final(status)) final.insert(status);
    }
    CHECK(final == std::set{Status::succeeded, Status::failed, Status::cancelled, Status::skipped});
}
