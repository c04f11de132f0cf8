// The tables' part of a history, and what has to be watched while they change: which transactions
// wrote output after an attempt's end is not to be seen in them afterwards.
#pragma once

#include "chaos/client.hpp"
#include "chaos/history.hpp"

#include <filesystem>

namespace agentcron::chaos {

// Adds columns that note it; before the first task.
void observe(Client& client);

// Monotonic microseconds now, and how far UTC since the epoch is ahead of them.
Micros monotonic_now();
Micros utc_ahead();

// `daemons`: the names of daemons by the pids that they had. `keep_in`: the rows are also written
// to files there, for people.
void read_tables(Client& client, const std::map<int, std::string>& daemons,
                 const std::filesystem::path& keep_in, History& history);

} // namespace agentcron::chaos
