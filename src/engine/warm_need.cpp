#include "engine/warm_need.hpp"

#include <algorithm>

namespace agentcron::engine {

WarmNeed warm_need(const std::vector<Coming>& coming,
                   const std::map<std::string, std::size_t>& waiting, int room, SteadyTime now) {
    WarmNeed need;
    std::map<std::string, std::size_t> wanted;
    for (std::size_t i = 0; i < coming.size(); ++i) {
        const auto& one = coming[i];
        if (one.due <= now) continue; // it is being claimed
        const auto starts_at = one.due - one.prewarm;
        if (starts_at > now) {
            need.next = std::min(need.next.value_or(starts_at), starts_at);
            continue;
        }
        const auto there = waiting.find(one.agent);
        const auto count = there == waiting.end() ? 0 : there->second;
        const auto number = ++wanted[one.agent];
        auto& needed_at = need.needed_at[one.agent];
        needed_at = std::max(needed_at, one.due);
        const bool may_run =
            !one.max_concurrent || number <= static_cast<std::size_t>(*one.max_concurrent);
        if (!may_run || room-- <= 0) continue;
        if (number > count) need.start.push_back(i);
    }
    return need;
}

} // namespace agentcron::engine
