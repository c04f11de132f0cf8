// How many processes are to wait for their tasks now. Pure.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::engine {

using SteadyTime = std::chrono::steady_clock::time_point;

// A start that is expected.
struct Coming {
    std::string agent;
    SteadyTime due{};
    base::Millis prewarm{};
    std::optional<int> max_concurrent{};
};

struct WarmNeed {
    std::vector<std::size_t> start; // which of the coming ones need a process that is not there yet
    // Until when what waits of an agent may still be needed; absent: as was known before.
    std::map<std::string, SteadyTime> needed_at;
    std::optional<SteadyTime> next; // when more may be needed; nullopt: nothing more is known
};

// `coming` in the order of their times; `waiting`: processes by agent; `room`: how many of the
// starts have a slot. An agent gets no more than may run of it at once.
WarmNeed warm_need(const std::vector<Coming>& coming,
                   const std::map<std::string, std::size_t>& waiting, int room, SteadyTime now);

} // namespace agentcron::engine
