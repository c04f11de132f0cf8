// What an earlier daemon left of an attempt: enough for another to take it over.
#pragma once

#include "engine/attempt_record.hpp"
#include "engine/journal.hpp"

#include <filesystem>
#include <vector>

namespace agentcron::engine {

struct Remains {
    std::filesystem::path directory; // of its process
    AttemptRecord record;
    std::vector<JournalEntry> journal;
    std::uint64_t stored_to = 0; // the output that its spool holds before is in the store
};

} // namespace agentcron::engine
