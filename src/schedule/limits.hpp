// The ranges of a schedule's numbers, shared by YAML, SQL rows and the JSON Schema.
#pragma once

#include "base/clock.hpp"

#include <cstddef>

namespace agentcron::schedule {

inline constexpr int priority_min = 0;
inline constexpr int priority_max = 32'767;
inline constexpr int catch_up_max_min = 1;
inline constexpr int catch_up_max_max = 10'000;
inline constexpr int retry_attempts_min = 1;
inline constexpr int retry_attempts_max = 1'000;
// Of catch_up_window, timeout, hold and both backoffs; the least is 0.
inline constexpr base::Seconds policy_duration_max{366ll * 86'400};
inline constexpr std::size_t prompt_bytes_max = 1 << 20;

} // namespace agentcron::schedule
