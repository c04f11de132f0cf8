#include "chaos/workload.hpp"

#include "chaos/tables.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::chaos {
namespace {

constexpr base::Millis tick_every{300};
constexpr base::Seconds settle_within{240};

// Some are left to sleep until the end.
constexpr const char* answered_soon = "q.task_id % 3 <> 0 and q.asked_at < clock_timestamp() - "
                                      "make_interval(secs => q.task_id % 8)";

} // namespace

void Workload::declare_schedules() {
    add_schedule("skip", 3, "skip", "lines=1-6 pause=10-60");
    add_schedule("skip-slow", 4, "skip", "lines=10-30 pause=200-400");
    add_schedule("queue-one", 4, "queue_one", "lines=8-16 pause=200-500");
    add_schedule("queue-all", 5, "queue_all", "lines=4-12 pause=100-500");
    add_schedule("cancel-previous", 6, "cancel_previous", "lines=20-30 pause=200-400");
    add_schedule("allow", 5, "allow", "lines=10-20 pause=300-500");
    add_schedule("failing", 4, "skip", "lines=1-4 pause=5-20 fail=40");
    add_schedule("noisy", 9, "skip", "lines=3000-6000 pause=0 bytes=100-400");
    add_schedule("asking", 8, "allow", "lines=4 pause=20-100 ask=1", "while_waiting = 'allow'");
    add_schedule("catching-up", 3, "queue_all", "lines=1-3 pause=5-10", "catch_up = 'all'");
    add_schedule("long", 20, "skip", "lines=40-60 pause=250-300");
    add_schedule("minutely", 60, "skip", "lines=2 pause=10");
}

void Workload::add_schedule(const std::string& name, int period_s, const std::string& overlap,
                            const std::string& prompt, const std::string& more) {
    const bool is_minutely = period_s == 60;
    const auto cron = is_minutely ? "* * * * *" : fmt::format("@every {}s", period_s);
    auto& client = site_.client();
    client.rows(fmt::format(
        "insert into agentcron.schedules (name, agent, cron, overlap, prompt, retry_attempts, "
        "retry_backoff, hold, created_at) values ('{}', 'teller', '{}', '{}', '{}', 6, '1 second', "
        "'3 seconds', date_trunc('second', now()))",
        name, cron, overlap, prompt));
    if (!more.empty())
        client.rows(fmt::format("update agentcron.schedules set {} where name = '{}'", more, name));
    const auto row = client.rows(fmt::format("select id, extract(epoch from created_at)::bigint "
                                             "from agentcron.schedules where name = '{}'",
                                             name))[0];
    const Micros period = period_s * Micros{1'000'000};
    const Micros created = std::stoll(row[1]) * 1'000'000;
    history_.schedules.push_back(
        {.id = std::stoll(row[0]),
         .name = name,
         .first_due = (is_minutely ? created / period * period : created) + period,
         .period = period,
         .one_at_a_time = overlap != "allow"});
}

void Workload::tick() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_tick_) return;
    next_tick_ = now + tick_every;
    try {
        if (random_() % 3 == 0) enqueue();
        answer(answered_soon);
    } catch (const std::exception&) {
        // The database is away: what was not acknowledged may have been done or not.
    }
}

void Workload::enqueue() {
    constexpr const char* prompts[] = {"lines=1-3 pause=1-10", "lines=20-40 pause=100-300",
                                       "lines=2 ask=1", "lines=3 fail=50",
                                       "lines=500 pause=0 bytes=1000"};
    const auto id = site_.client().value(
        fmt::format("select agentcron.enqueue('teller', '{}', options => "
                    "'{{\"hold\": 3, \"retry\": {{\"attempts\": 6, \"backoff\": 1}}}}')",
                    prompts[random_() % std::size(prompts)]));
    history_.enqueued.push_back(std::stoll(id));
}

void Workload::answer(const std::string& which) {
    site_.client().rows(fmt::format(
        "select agentcron.answer(q.task_id, 'answer ' || q.id) from (select distinct on (task_id) "
        "* from agentcron.questions q where q.outcome is null and {} order by task_id, id) q",
        which));
}

// The cursors are read under the locks that end their movement.
void Workload::close_schedules() {
    constexpr const char* close =
        "with ends as (select id, next_fire_at from agentcron.schedules for update), closed as "
        "(update agentcron.schedules s set enabled = false from ends where s.id = ends.id) "
        "select id, (extract(epoch from next_fire_at) * 1000000)::bigint from ends";
    for (const auto& row : site_.client().rows(close))
        for (auto& schedule : history_.schedules)
            if (std::to_string(schedule.id) == row[0])
                schedule.next_fire_at = row[1].empty() ? 0 : std::stoll(row[1]);
}

void Workload::settle() {
    auto& client = site_.client();
    history_.healed = monotonic_now() + utc_ahead();
    comes([&] {
        return client.value("select count(*) from agentcron.schedules where next_fire_at is null "
                            "or next_fire_at <= clock_timestamp() or planned_rev <> rev") == "0";
    });
    close_schedules();
    comes(
        [&] {
            answer("true");
            return client.value("select count(*) from agentcron.tasks where finished_at is null") ==
                   "0";
        },
        settle_within);
}

} // namespace agentcron::chaos
