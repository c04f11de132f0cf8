// The engine as the daemon puts it together, in this process, on a database of its own: real
// schedulers, workers, stores, shims and agents. One loop, run by the waits below; each has a limit
// far above what a loaded machine needs. What is left running at the end of a case is ended.
#pragma once

#include "base/clock.hpp"
#include "engine/stop.hpp"
#include "support/test_cluster.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace agentcron::engine {

// How a worker may leave its agents to the next one.
enum class Leave { by_crash, by_stop };

class EngineRun {
public:
    struct WorkerOptions {
        int slots = 4;
        base::Seconds lease_ttl{60};
        std::string host = "here";
        std::uint64_t workspaces_bytes_max = 0;
    };

    EngineRun();
    ~EngineRun();

    support::TestDatabase database;
    std::filesystem::path directory; // of this case; the agents' working directory

    // Each has sessions of its own, as if it were another process; several rival.
    void start_scheduler();
    // What schedulers take for now, from the first call on, which comes before their start: it
    // stands still until it is set again. The database and the workers keep the real time, so it
    // has to lie in the past. Returns when everything that is due then has its rows.
    void set_time(base::Instant now);
    std::size_t start_worker(WorkerOptions options);
    std::size_t start_worker() { return start_worker(WorkerOptions{}); }
    // Returns when all is stored.
    void stop_worker(std::size_t worker, Stop how = Stop::end);
    // The same; `meanwhile` is called while it stops, again and again.
    void stop_worker_after(std::size_t worker, const std::function<void()>& meanwhile,
                           Stop how = Stop::end);
    void crash_worker(std::size_t worker); // as SIGKILL does: its agents live on
    void leave(std::size_t worker, Leave how);
    // Ends what crashed workers left on this machine and removes it, so that the next worker that
    // starts here does not know of it: as if they had died on another machine.
    void end_leftovers();
    std::string worker_id(std::size_t worker) const;

    // Runs the loop until it holds; the case fails if it does not.
    void until(const std::function<bool()>& holds, const std::string& what);
    void until_value(const std::string& sql, const std::string& expected);
    void until_status(std::int64_t task, const std::string& status);
    void until_planned(); // every declaration was read

    // An agent of driver `driver` that is a shell script; `config` is laid over its configuration.
    void agent(const std::string& name, const std::string& driver, const std::string& script,
               const std::string& config = "{}");
    std::int64_t enqueue(const std::string& agent, const std::string& prompt = "",
                         const std::string& options = "{}");
    // A schedule whose time came just now. `columns` and `values` continue the insert's lists.
    void due_schedule(const std::string& name, const std::string& agent,
                      const std::string& columns = "", const std::string& values = "");
    // What a running scheduler and worker are told by notification.
    void wake(const std::string& what);
    // Has every worker look, and waits until each has.
    void look_for_signals();
    std::string answer(std::int64_t task, const std::string& text); // "" or what refused it

    std::string task(std::int64_t id, const std::string& column);
    // The bytes of a stream, exactly.
    std::string output(std::int64_t task, const std::string& stream = "out");
    std::string file(const std::string& name) const; // of `directory`
    void write(const std::string& name, const std::string& text) const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

// The processes that were started with `directory` in their environment's AGENTCRON_SOCKET.
std::size_t processes_below(const std::filesystem::path& directory);

// A field of /proc/self/status in KiB.
long own_status_kib(const std::string& field);

} // namespace agentcron::engine
