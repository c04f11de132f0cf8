// What an attempt was started with, kept in its run directory beside its spool and its journal: by
// these three another daemon takes it over. Written before its agent may act. Pure.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/preparation.hpp"
#include "task/task_store.hpp"

#include <string>
#include <string_view>

namespace agentcron::engine {

struct AttemptRecord {
    static constexpr const char* file = "attempt.json";
    // Of the format. A daemon reads its own and older ones.
    static constexpr int version = 1;

    task::Claimed claimed;
    Prepared prepared;          // without its files
    base::Millis begun{0};      // its active time runs since then; base::since_boot()
    bool started_ahead = false; // its driver was started before it had a task
};

// One JSON object.
std::string to_text(const AttemptRecord& record);
// The error is for the log: what is wrong with the text.
base::Result<AttemptRecord, std::string> attempt_record_from(std::string_view text);

} // namespace agentcron::engine
