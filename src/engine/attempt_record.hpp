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
    // It is a request of a process that serves one after another, in another run directory.
    struct Standing {
        std::string directory;  // name, beside the attempt's own
        std::uint64_t from = 0; // in the process's spool: what is of the request comes behind it
        bool was_ready = false; // for the request; else what comes is of it from the start
    };
    std::optional<Standing> standing{};
};

// One JSON object.
std::string to_text(const AttemptRecord& record);
// The error is for the log: what is wrong with the text.
base::Result<AttemptRecord, std::string> attempt_record_from(std::string_view text);

} // namespace agentcron::engine
