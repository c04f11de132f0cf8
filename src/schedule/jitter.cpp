#include "schedule/jitter.hpp"

#include "cron/hash_value.hpp"

#include <algorithm>
#include <array>

namespace agentcron::schedule {

base::Millis jitter_delay(std::string_view schedule, base::Instant fire_time, base::Seconds jitter,
                          std::optional<base::Instant> next_fire) {
    base::Millis most = std::max(jitter, base::Seconds{0});
    if (next_fire) {
        // Strictly before it, also where it is no whole number of milliseconds away.
        const auto gap = *next_fire - fire_time - std::chrono::microseconds{1};
        most = std::clamp(std::chrono::floor<base::Millis>(gap), base::Millis{0}, most);
    }
    if (most.count() == 0) return base::Millis{0};
    // The seconds of the fire time, lowest byte first whatever the machine.
    const auto second = static_cast<std::uint64_t>(
        std::chrono::floor<base::Seconds>(fire_time).time_since_epoch().count());
    std::array<unsigned char, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<unsigned char>(second >> (8 * i));
    // At most 366 days of milliseconds: the remainder's bias is one part in hundreds of millions.
    const std::uint64_t choices = static_cast<std::uint64_t>(most.count()) + 1;
    return base::Millis{cron::stable_hash(schedule, bytes) % choices};
}

} // namespace agentcron::schedule
