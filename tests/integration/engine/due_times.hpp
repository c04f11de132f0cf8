// Schedules whose fire times come when the case says so, and agents that run until it lets them go.
#pragma once

#include "integration/engine/engine_run.hpp"

#include <cstdint>
#include <string>

namespace agentcron::engine {

// A schedule of which no fire time has come; a scheduler has read it. `columns` and `values`
// continue the insert's lists.
void add_schedule(EngineRun& run, const std::string& name, const std::string& agent,
                  const std::string& columns = "", const std::string& values = "");
// Its next fire time has come, a second after the one before; waits for the task and gives its id.
std::int64_t fire(EngineRun& run, const std::string& name);
// The same, for a schedule that makes no task of it any more.
void pass(EngineRun& run, const std::string& name);

// An agent that writes "+<task>" to the file journal, waits for let_go, and writes "-<task>".
void add_gate(EngineRun& run, const std::string& name, const std::string& config = "{}");
void let_go(EngineRun& run, std::int64_t task);
void let_all_go(EngineRun& run);
// The journal in one line: "+1 -1 +2 ".
std::string journal(EngineRun& run);
void until_journal(EngineRun& run, const std::string& expected);

// "status/reason because_of": why a task did not run.
std::string fate(EngineRun& run, std::int64_t task);
void until_held(EngineRun& run, std::int64_t task); // until it waits for a turn or a slot
// A worker of another machine died with what it ran, and its leases are over. A worker that starts
// later takes its tasks back.
void lose_worker(EngineRun& run, std::size_t worker);

} // namespace agentcron::engine
