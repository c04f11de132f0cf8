#include "cli/backfill_progress.hpp"

#include "support/catch.hpp"

using namespace agentcron::cli;
using Catch::Contains;

namespace {

BackfillProgress half_done() {
    BackfillProgress progress;
    progress.state = "making";
    progress.cursor = "2026-03-02T00:00:00Z";
    progress.queued = 5;
    progress.unfinished = 3;
    progress.running = 1;
    progress.succeeded = 2;
    progress.has_scheduler = true;
    progress.has_worker = true;
    return progress;
}

} // namespace

TEST_CASE("the progress of a backfill is one line", "[unit][cli]") {
    auto progress = half_done();
    CHECK(progress_line(progress) == "5 made, 1 running, 2 queued, 2 succeeded, 0 failed; made up "
                                     "to 2026-03-02T00:00:00Z");
    progress.state = "finished";
    progress.kept = 4;
    progress.unfinished = progress.running = 0;
    progress.skipped = 1;
    CHECK(progress_line(progress) == "5 made, 4 had run already, 2 succeeded, 0 failed, 1 skipped");
    CHECK(progress.went_well());
    progress.failed = 1;
    CHECK_FALSE(progress.went_well());
}

TEST_CASE("a backfill that nobody works on says so", "[unit][cli]") {
    auto progress = half_done();
    CHECK(standstill(progress).empty());
    progress.has_worker = false;
    CHECK_THAT(standstill(progress), Contains("no worker is alive"));
    progress.has_scheduler = false;
    CHECK_THAT(standstill(progress), Contains("no scheduler is alive"));
    progress.state = "finished";
    CHECK(standstill(progress).empty());
}
