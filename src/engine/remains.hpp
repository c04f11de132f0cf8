// What an earlier daemon left of an attempt: enough for another to take it over.
#pragma once

#include "engine/attempt_record.hpp"
#include "engine/journal.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace agentcron::engine {

struct Remains {
    std::filesystem::path directory; // of its process, or its own if that serves others too
    AttemptRecord record;
    std::vector<JournalEntry> journal;
    std::uint64_t stored_to = 0; // the output that its spool holds before is in the store
    // Where its process's spool goes on with another attempt's request.
    std::optional<std::uint64_t> ends_before{};
};

} // namespace agentcron::engine
