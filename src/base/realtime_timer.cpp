#include "base/realtime_timer.hpp"

#include "base/check.hpp"

#include <cerrno>
#include <sys/timerfd.h>
#include <unistd.h>

namespace agentcron::base {

RealtimeTimer::RealtimeTimer(boost::asio::io_context& loop)
    : timer_(loop, ::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {}

void RealtimeTimer::arm(Instant at, std::function<void()> fired) {
    fired_ = std::move(fired);
    const auto micros = std::max<std::int64_t>(at.time_since_epoch().count(), 1);
    itimerspec spec{};
    spec.it_value.tv_sec = micros / 1'000'000;
    spec.it_value.tv_nsec = micros % 1'000'000 * 1000;
    const int set = ::timerfd_settime(timer_.native_handle(),
                                      TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr);
    // ECANCELED: the clock was set since the last read; the timer is armed all the same.
    AGENTCRON_CHECK(set == 0 || errno == ECANCELED, "timerfd_settime errno {}", errno);
    if (!std::exchange(waiting_, true)) wait();
}

void RealtimeTimer::cancel() {
    fired_ = nullptr;
    timer_.cancel();
}

void RealtimeTimer::wait() {
    timer_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                          waiting_ = false;
                          if (error) return;
                          std::uint64_t expirations = 0;
                          const auto got =
                              ::read(timer_.native_handle(), &expirations, sizeof expirations);
                          const bool clock_was_set = got < 0 && errno == ECANCELED;
                          if (got < 0 && !clock_was_set) { // armed anew in the meantime
                              waiting_ = true;
                              return wait();
                          }
                          if (const auto fired = std::exchange(fired_, nullptr)) fired();
                      });
}

} // namespace agentcron::base
