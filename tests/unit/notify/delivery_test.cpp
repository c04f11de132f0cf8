#include "notify/delivery.hpp"

#include "support/catch.hpp"

using namespace agentcron::notify;
using agentcron::base::Instant;
using agentcron::base::Millis;
using agentcron::base::Seconds;

namespace {

constexpr double almost_one = 0.999999;
const Instant start{Seconds(1'800'000'000)};

Notification in_try(int attempts, Seconds after = Seconds(0), Channel channel = Channel::webhook) {
    Notification notification;
    notification.channel = channel;
    notification.attempts = attempts;
    notification.created_at = start;
    notification.first_tried_at = start;
    notification.taken_at = start + after;
    return notification;
}

TryResult result(Verdict verdict, std::optional<Seconds> retry_after = {}) {
    return {verdict, "", retry_after};
}

HttpResponse response(int status, std::string body = "") {
    return {.status = status, .error = "", .body = std::move(body), .retry_after = Seconds(7)};
}

} // namespace

TEST_CASE("the status says whether a request arrived, fails for now or is refused",
          "[unit][notify]") {
    for (int status = 200; status < 300; ++status)
        CHECK(judge(response(status)).verdict == Verdict::delivered);
    for (const int status : {100, 408, 425, 429, 500, 502, 503, 504, 599})
        CHECK(judge(response(status)).verdict == Verdict::failed);
    for (const int status : {301, 302, 308, 400, 401, 403, 404, 405, 413, 422, 451})
        CHECK(judge(response(status)).verdict == Verdict::refused);
    CHECK(judge(response(410)).verdict == Verdict::hopeless);
    CHECK(judge({.status = 0, .error = "no route", .body = "", .retry_after = {}}).verdict ==
          Verdict::failed);
}

TEST_CASE("Retry-After counts with 429 and 503 only", "[unit][notify]") {
    CHECK(judge(response(429)).retry_after == Seconds(7));
    CHECK(judge(response(503)).retry_after == Seconds(7));
    CHECK_FALSE(judge(response(500)).retry_after);
    CHECK_FALSE(judge(response(301)).retry_after);
}

TEST_CASE("the error is one line of what the other side said", "[unit][notify]") {
    CHECK(judge(response(500, "\n oh\x1b[2Jno \nmore")).error == "HTTP 500: oh [2Jno");
    CHECK(judge(response(404)).error == "HTTP 404");
    CHECK(judge(response(500, std::string(5000, 'x'))).error.size() < 300);
    CHECK(judge({.status = 0, .error = "no route", .body = "", .retry_after = {}}).error ==
          "no route");
}

TEST_CASE("the pauses double from ten seconds and never exceed an hour", "[unit][notify]") {
    const auto failed = result(Verdict::failed);
    CHECK(next_try_after(in_try(1), failed, 0.0) == Seconds(10));
    CHECK(next_try_after(in_try(2), failed, 0.0) == Seconds(20));
    CHECK(next_try_after(in_try(2), failed, 0.5) == Seconds(30));
    CHECK(next_try_after(in_try(8), failed, 0.0) == Seconds(1280));
    for (int attempts = 9; attempts < 20; ++attempts) {
        CHECK(next_try_after(in_try(attempts), failed, 0.0) == Seconds(1800));
        CHECK(*next_try_after(in_try(attempts), failed, almost_one) <= Seconds(3600));
    }
}

TEST_CASE("it gives up after twenty tries, or eight that were refused", "[unit][notify]") {
    CHECK(next_try_after(in_try(19), result(Verdict::failed), 0.0));
    CHECK_FALSE(next_try_after(in_try(20), result(Verdict::failed), 0.0));
    CHECK(next_try_after(in_try(7), result(Verdict::refused), 0.0));
    CHECK_FALSE(next_try_after(in_try(8), result(Verdict::refused), 0.0));
    CHECK_FALSE(next_try_after(in_try(1), result(Verdict::hopeless), 0.0));
}

TEST_CASE("it gives up when the next try would come later than a day after the first",
          "[unit][notify]") {
    const Seconds day{24 * 3600};
    CHECK(next_try_after(in_try(2, day - Seconds(20)), result(Verdict::failed), 0.0));
    CHECK_FALSE(next_try_after(in_try(2, day - Seconds(19)), result(Verdict::failed), 0.0));
    // A notification that waited for days because no sender lived has its day all the same.
    auto late = in_try(1);
    late.created_at -= 3 * day;
    CHECK(next_try_after(late, result(Verdict::failed), 0.0));
}

TEST_CASE("Retry-After makes a pause longer, never shorter, whatever number it holds",
          "[unit][notify]") {
    CHECK(next_try_after(in_try(1), result(Verdict::failed, Seconds(100)), 0.0) == Seconds(100));
    CHECK(next_try_after(in_try(3), result(Verdict::failed, Seconds(1)), 0.0) == Seconds(40));
    CHECK_FALSE(next_try_after(in_try(1), result(Verdict::failed, Seconds(90'000)), 0.0));
    CHECK_FALSE(next_try_after(in_try(1), result(Verdict::failed, Seconds::max()), 0.0));
}

TEST_CASE("a ping is not sent an hour after its event", "[unit][notify]") {
    const auto failed = result(Verdict::failed);
    const auto ping = [](int attempts, int seconds) {
        return in_try(attempts, Seconds(seconds), Channel::ping);
    };
    CHECK(next_try_after(ping(1, 3590), failed, 0.0));
    CHECK_FALSE(next_try_after(ping(1, 3591), failed, 0.0));
    CHECK_FALSE(is_stale(ping(1, 3600)));
    CHECK(is_stale(ping(1, 3601)));
    CHECK_FALSE(is_stale(in_try(1, Seconds(100'000))));
}
