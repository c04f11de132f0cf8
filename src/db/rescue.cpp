// The part of PgTaskStore that ends what was lost.
#include "db/pg_task_store.hpp"
#include "db/task_rows.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::db {
namespace {

constexpr const char* rescued_why = "the worker stopped renewing its lease";
constexpr const char* no_usage = "{}";
constexpr const char* unlaunched_why = "its worker died before the agent was started";
// So often in a row: perhaps it is the task that kills its worker.
constexpr int unlaunched_max = 3;

} // namespace

// Also a first session: an outage that others are just coming back from may have been before it.
bool PgTaskStore::is_young(const Session& session) {
    const auto now = std::chrono::steady_clock::now();
    if (heartbeat_age_.epoch != session.epoch) heartbeat_age_ = {session.epoch, now};
    return now - heartbeat_age_.since < lease_ttl_;
}

void PgTaskStore::rescue(Then<int> then) {
    auto rescued = std::make_shared<int>(0);
    heartbeat_.post({.run =
                         [this, rescued](Session& session) {
                             *rescued = 0;
                             for (const auto& row : session.run(
                                      "expired_leases", params(is_young(session), lease_ttl_))) {
                                 const auto task_id = integer_of(row["task_id"]);
                                 if (session.run("lock_task_unless_busy", params(task_id)).empty())
                                     continue;
                                 const auto token = text_of(row["token"]);
                                 const auto end =
                                     params(task_id, token, rescued_why, no_usage, false);
                                 *rescued += static_cast<int>(session.run("rescue", end).size());
                             }
                         },
                     .committed = nullptr,
                     .done = [rescued, then] { then(*rescued); },
                     .refused =
                         [then](const std::string& error) {
                             spdlog::error("database refused a rescue: {}", error);
                             then(0);
                         }});
}

void PgTaskStore::give_back_unlaunched(Session& session, const task::DeadWorkers& dead) {
    std::vector<std::string> launched;
    for (const auto& run : dead.launched)
        launched.push_back(fmt::format("{}.{}", run.task_id, run.run_no));
    const auto rows =
        session.run("unlaunched_leases", params(array_text(dead.traced), array_text(launched),
                                                unlaunched_why, unlaunched_max));
    for (const auto& row : rows) {
        const auto task_id = integer_of(row["task_id"]);
        // Renewals wait behind this: a task that somebody holds just now counts as lost.
        if (session.run("lock_task_unless_busy", params(task_id)).empty()) continue;
        session.run("give_back", params(task_id, text_of(row["token"]), unlaunched_why,
                                        std::nullopt, no_usage, false));
        spdlog::info("given back: {} task={}", unlaunched_why, task_id);
    }
}

void PgTaskStore::end_leases_of(task::DeadWorkers dead, Then<> then) {
    heartbeat_.post({.run =
                         [this, dead = std::move(dead)](Session& session) {
                             give_back_unlaunched(session, dead);
                             session.run("end_leases_of", params(array_text(dead.ids)));
                             session.run("release_settling", params(array_text(dead.ids)));
                         },
                     .committed = nullptr,
                     .done = then,
                     .refused =
                         [](const std::string& error) {
                             spdlog::error("database refused the end of dead leases: {}", error);
                         }});
}

// As of a worker that is gone: the same statement decides what becomes of the task.
void PgTaskStore::lost(const task::Lease& lease, std::string why, task::Leg leg, Then<> then) {
    auto job = lease_job(
        lease,
        [lease, why = std::move(why), leg = std::move(leg),
         unflushed = output_.unflushed_of(lease)](Session& session) {
            OutputWriter::restore(session, unflushed);
            session.run("rescue", params(lease.task_id, lease.token, why, leg.usage, true));
        },
        then);
    job.committed = [state = work_state_, task_id = lease.task_id] { state->held.erase(task_id); };
    work_.post(std::move(job));
}

} // namespace agentcron::db
