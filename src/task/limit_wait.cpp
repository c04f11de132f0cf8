#include "task/limit_wait.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace agentcron::task {
namespace {

constexpr base::Millis spread = std::chrono::minutes(1);
constexpr base::Millis first_pause = std::chrono::minutes(5);
constexpr base::Millis longest_pause = std::chrono::hours(1);

base::Millis part_of(base::Millis whole, double random) {
    AGENTCRON_CHECK(random >= 0 && random < 1, "random {}", random);
    return base::Millis(
        static_cast<base::Millis::rep>(random * static_cast<double>(whole.count())));
}

} // namespace

base::Millis after_limit(double random) {
    return part_of(spread, random);
}

base::Millis pause_at_limit(int waits_before, double random) {
    base::Millis pause = first_pause;
    for (int i = 0; i < waits_before && pause < longest_pause; ++i) pause *= 2;
    pause = std::min(pause, longest_pause);
    return pause / 2 + part_of(pause / 2, random);
}

} // namespace agentcron::task
