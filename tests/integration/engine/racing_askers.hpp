// Agents that ask and can be stopped on their way out, and sessions that wait for each other.
#pragma once

#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <future>
#include <vector>

namespace agentcron::engine {

// Asks "Which branch?" with the default "next". Its answer stands in the file `heard`, whichever
// way it came. Told to end while it waits, it writes `ending` and goes when there is `go`; with a
// file `linger` it does not end by itself after the answer.
struct Asker {
    const char* driver;
    const char* script;
};
extern const std::vector<Asker> askers; // jsonl first

// A task that waits, held or parked, with a worker that runs it.
std::int64_t ask(EngineRun& run, const Asker& asker, const char* options, bool parked);
// One whose process was told to end because it is parked, and waits for `go`.
std::int64_t ask_and_leave(EngineRun& run, const Asker& asker);
// One that takes its question back when there is a file `withdraw`, and ends when there is `go`.
std::int64_t ask_and_withdraw(EngineRun& run);
bool heard(const EngineRun& run, const std::string& answer);

// Until so many sessions wait for a lock.
void until_waiting(EngineRun& run, int sessions);

// A statement in a session of its own, in a transaction that ends with it.
class Rival {
public:
    Rival(EngineRun& run, const std::string& sql);
    void waits(int sessions) { until_waiting(run_, sessions); }
    std::string refusal(); // once it is done: "" or what PostgreSQL said

private:
    EngineRun& run_;
    std::future<std::string> done_;
};

} // namespace agentcron::engine
