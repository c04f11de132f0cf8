// What a try to deliver came to, and what follows from it. Pure.
//
// A try that failed is repeated after 10 s to 1 h, twice as long each time and jittered, or after
// the Retry-After of a 429 or 503; in all 20 times at most and within 24 hours of the first. Some
// failures are given up sooner:
//   - 3xx and 4xx other than 408, 425 and 429 say that the request itself is wrong. A person may
//     repair that (a path, a token), so it is tried 8 times, for about half an hour;
//   - 410 says that nobody wants it any more: at once, and so is a target that cannot be used;
//   - a ping is not sent an hour after its event: a late heartbeat is a lie.
#pragma once

#include "base/clock.hpp"
#include "notify/notification.hpp"

#include <optional>
#include <string>

namespace agentcron::notify {

enum class Verdict { delivered, failed, refused, hopeless };

struct TryResult {
    Verdict verdict = Verdict::failed;
    std::string error; // for people; no secret is in it
    std::optional<base::Seconds> retry_after;
};

struct HttpResponse {
    int status = 0;    // 0: none came
    std::string error; // why none came
    std::string body;  // its beginning
    std::optional<base::Seconds> retry_after;
};

TryResult judge(const HttpResponse& response);

// How long until the next try; nullopt: it is given up. `random` in [0, 1).
std::optional<base::Millis> next_try_after(const Notification& notification,
                                           const TryResult& result, double random);

// Too old to be sent at all.
bool is_stale(const Notification& notification);

} // namespace agentcron::notify
