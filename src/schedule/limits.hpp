// The ranges of a schedule's numbers, shared by YAML, SQL rows and the JSON Schema.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>

namespace agentcron::schedule {

inline constexpr int priority_min = 0;
inline constexpr int priority_max = 32'767;
inline constexpr int queue_max_min = 1;
inline constexpr int queue_max_max = 10'000;
inline constexpr int catch_up_max_min = 1;
inline constexpr int catch_up_max_max = 10'000;
inline constexpr int max_runs_min = 1;
inline constexpr int max_runs_max = 1'000'000'000;
inline constexpr int concurrency_limit_min = 1;
inline constexpr int concurrency_limit_max = 10'000;
inline constexpr int pause_after_failures_min = 1;
inline constexpr int pause_after_failures_max = 1'000'000;
inline constexpr int retry_attempts_min = 1;
inline constexpr int retry_attempts_max = 1'000;
inline constexpr int limit_waits_min = 0;
inline constexpr int limit_waits_max = 1'000;
inline constexpr double budget_cost_usd_max = 1'000'000;
inline constexpr std::int64_t budget_count_max = 1'000'000'000'000; // of turns or tokens
inline constexpr int exit_code_min = 0;
inline constexpr int exit_code_max = 255;
// Of every duration of a schedule; the least is 0.
inline constexpr base::Seconds policy_duration_max{366ll * 86'400};
inline constexpr std::size_t prompt_bytes_max = 1 << 20;
inline constexpr std::size_t context_max = 100; // queries
inline constexpr std::size_t query_bytes_max = 1 << 16;
inline constexpr std::size_t url_bytes_max = 2'000;
inline constexpr std::size_t arguments_max = 1'000; // of a check or a notification's command
inline constexpr std::size_t steps_max = 100;
inline constexpr std::size_t reminders_max = 100;
inline constexpr std::size_t after_max = 100;
inline constexpr std::size_t exclude_max = 10'000;

} // namespace agentcron::schedule
