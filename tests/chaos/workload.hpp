// What the system has to do while it is broken: schedules of every overlap policy, tasks by hand,
// questions that somebody answers after a while.
#pragma once

#include "chaos/site.hpp"

#include <random>

namespace agentcron::chaos {

class Workload {
public:
    Workload(Site& site, History& history, std::uint64_t seed)
        : site_(site), history_(history), random_(seed) {}

    void declare_schedules();
    // Enqueues and answers a little. Called often; does nothing while the database is away.
    void tick();
    // Nothing new is due any more, all questions are answered, all tasks have ended; or time is
    // over, and the tables show what is stuck.
    void settle();

private:
    void add_schedule(const std::string& name, int period_s, const std::string& overlap,
                      const std::string& prompt, const std::string& more = "");
    void enqueue();
    void answer(const std::string& which);
    void close_schedules();

    Site& site_;
    History& history_;
    std::mt19937_64 random_;
    std::chrono::steady_clock::time_point next_tick_{};
};

} // namespace agentcron::chaos
