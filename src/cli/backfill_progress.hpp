// How far a backfill is, as people read it. Pure.
#pragma once

#include "db/client.hpp"

#include <cstdint>
#include <string>

namespace agentcron::cli {

struct BackfillProgress {
    std::int64_t id = 0;
    std::string schedule;
    std::string state; // making | running | finished | error
    std::string cursor;
    std::int64_t queued = 0; // fire times that it made run: made and rerun
    std::int64_t kept = 0;   // had run already
    std::int64_t running = 0;
    std::int64_t unfinished = 0; // running included
    std::int64_t succeeded = 0;
    std::int64_t failed = 0;
    std::int64_t skipped = 0;
    std::string error;
    bool has_scheduler = false;
    bool has_worker = false;

    bool has_ended() const { return state == "finished" || state == "error"; }
    bool went_well() const { return state == "finished" && failed == 0; }
};

BackfillProgress backfill_progress(const db::Table& row);

// "12 made, 2 running, 1 queued, 9 succeeded, 0 failed".
std::string progress_line(const BackfillProgress& progress);
// What it waits for in vain: "" while somebody is there to do it.
std::string standstill(const BackfillProgress& progress);

} // namespace agentcron::cli
