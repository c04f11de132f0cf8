#include "integration/model/system.hpp"

#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

namespace agentcron::model {
namespace {

constexpr base::Seconds limit{60};
constexpr base::Seconds lease_ttl{3600};

bool is_one(Who who, int which) {
    return who == Who::both || (who == Who::first) == (which == 0);
}

} // namespace

System::System() {
    spdlog::set_level(spdlog::level::off);
    for (auto& scheduler : schedulers_)
        scheduler = std::make_unique<db::PgScheduleStore>(
            loop_, database.conninfo(),
            db::SchedulerIdentity{.host = "h", .pid = 1, .version = "v", .booted_at = {}}, &clock_,
            nullptr);
    for (int worker = 0; worker < 2; ++worker) start_worker(worker);
}

System::~System() = default;

Second System::now() const {
    return std::chrono::floor<base::Seconds>(clock_.now()).time_since_epoch().count();
}

void System::start_worker(int worker) {
    auto& one = workers_.at(static_cast<std::size_t>(worker));
    one.id = fmt::format("00000000-0000-4000-8000-{:012}", ++workers_made_);
    one.store = std::make_unique<db::PgTaskStore>(
        loop_, database.conninfo(),
        db::WorkerIdentity{
            .id = one.id, .host = "h", .boot_id = "b", .pid = 1, .version = "v", .slots = 9},
        lease_ttl, nullptr);
    bool done = false;
    one.store->register_worker([&] { done = true; });
    until([&] { return done; });
    serve_since(served_since_);
}

void System::serve_since(Second since) {
    served_since_ = since;
    database.execute(fmt::format("update agentcron.workers set started_at = {}, heartbeat_at = "
                                 "now() + interval '1 hour'",
                                 quoted(since)));
}

std::string System::quoted(Second at) const {
    return fmt::format("to_timestamp({})", at);
}

void System::until(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= deadline) FAIL("a store did not call back");
        loop_.restart();
        loop_.run_one_for(std::chrono::milliseconds(20));
    }
}

void System::tick(Who who) {
    int open = 0;
    for (int i = 0; i < 2; ++i) {
        if (!is_one(who, i)) continue;
        ++open;
        schedulers_.at(static_cast<std::size_t>(i))->tick([&](const auto&) { --open; });
    }
    until([&] { return open == 0; });
}

std::vector<task::Claimed> System::take(int worker, const task::ClaimReply& reply) {
    for (const auto& claimed : reply.tasks)
        running[claimed.lease.task_id] = {claimed.lease, claimed.keys, worker};
    return reply.tasks;
}

std::vector<task::Claimed> System::claim(Who who, int count, bool wide) {
    std::vector<task::Claimed> all;
    int open = 0;
    for (int i = 0; i < 2; ++i) {
        if (!is_one(who, i)) continue;
        ++open;
        workers_.at(static_cast<std::size_t>(i))
            .store->claim(count, wide, {}, [&, i](const task::ClaimReply& reply) {
                for (auto& claimed : take(i, reply)) all.push_back(std::move(claimed));
                --open;
            });
    }
    until([&] { return open == 0; });
    return all;
}

std::vector<task::Claimed> System::tick_and_claim(int count) {
    int open = 2;
    for (auto& scheduler : schedulers_) scheduler->tick([&](const auto&) { --open; });
    auto claimed = claim(Who::both, count, true);
    until([&] { return open == 0; });
    return claimed;
}

void System::finish(std::int64_t task, const std::string& status, const std::string& reason,
                    std::optional<base::Millis> retry_after) {
    task::Finish finish;
    finish.status = retry_after ? "queued" : status;
    finish.outcome = status;
    finish.reason = reason;
    finish.retry_after = retry_after;
    end(task, finish);
}

void System::block(std::int64_t task, base::Millis pause) {
    task::Finish finish;
    finish.status = finish.outcome = "blocked";
    finish.reason = "usage_limit";
    finish.limit = {std::nullopt, {}, pause};
    end(task, finish);
}

void System::end(std::int64_t task, task::Finish finish) {
    finish.usage = "{}";
    const auto held = running.at(task);
    wait<task::Write>([&](auto then) { store_of(task).finish(held.lease, finish, then); });
    running.erase(task);
    // As a worker does: its end makes room.
    auto& store = *workers_.at(static_cast<std::size_t>(held.worker)).store;
    wait<task::ClaimReply>([&](auto then) { store.claim(0, false, held.keys, then); });
}

void System::ask(std::int64_t task, const std::string& headline) {
    task::AskedQuestion question;
    question.native_id = fmt::format("q{}", running.at(task).lease.run_no);
    question.kind = "ask";
    question.headline = headline;
    question.options = "[]";
    wait<task::Write>(
        [&](auto then) { store_of(task).ask(running.at(task).lease, question, then); });
}

void System::withdraw(std::int64_t task) {
    const auto& lease = running.at(task).lease;
    wait<task::Write>(
        [&](auto then) { store_of(task).withdraw(lease, fmt::format("q{}", lease.run_no), then); });
}

void System::park(std::int64_t task) {
    const auto parked = wait<task::Parked>(
        [&](auto then) { store_of(task).park(running.at(task).lease, {}, then); });
    if (parked == task::Parked::answered_first) return give_back(task);
    running.erase(task);
}

void System::deliver(int worker) {
    auto& store = *workers_.at(static_cast<std::size_t>(worker)).store;
    const auto signals = wait<std::vector<task::Signal>>([&](auto then) { store.signals(then); });
    for (const auto& signal : signals) {
        for (const auto& answer : signal.answers) {
            bool done = false;
            store.delivered(running.at(signal.lease.task_id).lease, answer.question_id,
                            std::nullopt, [&] { done = true; });
            until([&] { return done; });
        }
    }
}

void System::give_back(std::int64_t task) {
    bool done = false;
    store_of(task).give_back(running.at(task).lease, "test", {}, [&] { done = true; });
    until([&] { return done; });
    running.erase(task);
}

void System::crash(int worker) {
    auto& one = workers_.at(static_cast<std::size_t>(worker));
    one.store.reset();
    crashed_.push_back(one.id);
    std::erase_if(running, [&](const auto& held) { return held.second.worker == worker; });
    start_worker(worker);
}

void System::end_leases_of_crashed() {
    bool done = false;
    workers_[0].store->end_leases_of({.ids = crashed_}, [&] { done = true; });
    until([&] { return done; });
}

int System::rescue(int worker) {
    auto& store = *workers_.at(static_cast<std::size_t>(worker)).store;
    return wait<int>([&](auto then) { store.rescue(then); });
}

} // namespace agentcron::model
