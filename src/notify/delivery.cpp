#include "notify/delivery.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::notify {
namespace {

constexpr int tries_max = 20;
constexpr int refused_tries_max = 8;
constexpr base::Seconds trying_max{24 * 3600};
constexpr base::Seconds ping_age_max{3600};
constexpr base::Millis first_pause{10'000};
constexpr base::Millis pause_max{1800'000}; // jitter may double it
constexpr std::size_t shown_bytes_max = 200;

std::string text_of(const HttpResponse& response) {
    if (response.status == 0) return response.error;
    const auto body = base::one_line(response.body, shown_bytes_max);
    return fmt::format("HTTP {}{}{}", response.status, body.empty() ? "" : ": ", body);
}

// In [d, 2d) with d doubling from 10 s to half an hour.
base::Millis pause_after(int tries, double random) {
    auto pause = first_pause;
    for (int i = 1; i < tries && pause < pause_max; ++i) pause *= 2;
    pause = std::min(pause, pause_max);
    return pause +
           base::Millis(static_cast<std::int64_t>(static_cast<double>(pause.count()) * random));
}

} // namespace

TryResult judge(const HttpResponse& response) {
    const int status = response.status;
    if (status >= 200 && status < 300) return {Verdict::delivered, "", std::nullopt};
    const auto error = text_of(response);
    if (status == 410) return {Verdict::hopeless, error, std::nullopt};
    if (status == 429 || status == 503) return {Verdict::failed, error, response.retry_after};
    const bool passing = status < 300 || status >= 500 || status == 408 || status == 425;
    return {passing ? Verdict::failed : Verdict::refused, error, std::nullopt};
}

std::optional<base::Millis> next_try_after(const Notification& notification,
                                           const TryResult& result, double random) {
    if (result.verdict == Verdict::hopeless) return std::nullopt;
    const int tries = result.verdict == Verdict::refused ? refused_tries_max : tries_max;
    if (notification.attempts >= tries) return std::nullopt;
    auto pause = pause_after(notification.attempts, random);
    // Capped before it is compared: the header may hold any number.
    if (result.retry_after)
        pause = std::max(pause, base::Millis(std::min(*result.retry_after, 2 * trying_max)));
    const auto next_at = notification.taken_at + pause;
    if (next_at > notification.first_tried_at + trying_max) return std::nullopt;
    const bool is_ping = notification.channel == Channel::ping;
    if (is_ping && next_at > notification.created_at + ping_age_max) return std::nullopt;
    return pause;
}

bool is_stale(const Notification& notification) {
    return notification.channel == Channel::ping &&
           notification.taken_at > notification.created_at + ping_age_max;
}

} // namespace agentcron::notify
