// Turns due times into tasks: one tick when something is due, sleep until the earliest next fire
// time. Any number of schedulers may share a database; the store makes each due time a row once.
// Loop thread only.
//
// Two clocks: fire times are compared with the database's clock, inside the tick. Ours only says
// when to tick; what it lacks to the database's is measured with each tick. It is a wall-clock
// timer, so that a clock that jumps wakes us, and a slow poll is the truth when hints were lost.
#pragma once

#include "base/clock.hpp"
#include "base/realtime_timer.hpp"
#include "schedule/schedule_store.hpp"

#include <functional>

namespace agentcron::engine {

class Scheduler {
public:
    static constexpr base::Seconds slow_poll{30};

    // `changed`: a tick made or changed tasks; others in this process look at once.
    Scheduler(boost::asio::io_context& loop, const base::Clock& clock,
              schedule::ScheduleStore& store, std::function<void()> changed);

    void start() { wake(); }
    // A hint that schedules changed.
    void wake();
    void stop();

private:
    void ticked(const schedule::Tick& tick);
    void wait_for_next(const schedule::Tick& tick);

    const base::Clock& clock_;
    schedule::ScheduleStore& store_;
    const std::function<void()> changed_;
    base::RealtimeTimer timer_;
    bool ticking_ = false;
    bool tick_again_ = false; // a hint came while a tick was under way
    bool stopped_ = false;
};

} // namespace agentcron::engine
