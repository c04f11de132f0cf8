#include "task/lease_window.hpp"

#include <algorithm>

namespace agentcron::task {

LeaseWindow lease_window(base::Millis ttl, base::Millis grace) {
    const auto margin = ttl / 12;
    LeaseWindow window{};
    window.grace = std::clamp(grace, base::Millis(0), ttl / 3);
    window.shim_ends = ttl - margin - window.grace;
    window.worker_ends = window.shim_ends - margin;
    return window;
}

} // namespace agentcron::task
