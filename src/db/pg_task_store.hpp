// task::TaskStore on PostgreSQL. Three sessions, so that none of these waits for another: claims
// and state changes; output (which may be much, and whose commits need no fsync: the spool is its
// durable copy); lease renewals and what people want.
#pragma once

#include "db/claims.hpp"
#include "db/output_writer.hpp"
#include "db/pg_workspace_store.hpp"
#include "task/task_store.hpp"

#include <atomic>
#include <set>

namespace agentcron::db {

struct WorkerIdentity {
    std::string id; // uuid, new at every start and never used again
    std::string host;
    std::string boot_id;
    int pid = 0;
    std::string version;
    int slots = 1;
};

class PgTaskStore final : public task::TaskStore {
public:
    PgTaskStore(boost::asio::io_context& loop, const std::string& conninfo, WorkerIdentity worker,
                base::Seconds lease_ttl, std::function<void(bool, std::string)> on_state);

    void claim(int count, bool wide, std::vector<std::string> freed,
               Then<task::ClaimReply> then) override;
    void renew(const std::vector<task::Lease>& leases,
               Then<std::optional<task::Renewal>> then) override;
    void adopt(const std::vector<task::Lease>& leases, Then<task::Adoption> then) override;
    void signals(Then<std::vector<task::Signal>> then) override;
    void write_output(task::OutputBatch batch, Then<> then) override {
        output_.write(std::move(batch), std::move(then));
    }
    void ask(const task::Lease& lease, task::AskedQuestion question,
             Then<task::Write> then) override;
    void session(const task::Lease& lease, std::string session_id, std::string directory,
                 Then<task::Write> then) override;
    void withdraw(const task::Lease& lease, std::string native_id, Then<task::Write> then) override;
    void delivered(const task::Lease& lease, std::int64_t question_id,
                   std::optional<std::int64_t> message_id, Then<> then) override;
    void park(const task::Lease& lease, task::Leg leg, Then<task::Parked> then) override;
    void finish(const task::Lease& lease, task::Finish finish, Then<task::Write> then) override;
    void give_back(const task::Lease& lease, std::string why, task::Leg leg, Then<> then) override;
    void lost(const task::Lease& lease, std::string why, task::Leg leg, Then<> then) override;
    void coming(base::Seconds within, Then<std::vector<task::ComingStart>> then) override;
    void rescue(Then<int> then) override;
    base::BootClock::time_point down_at() const override {
        return base::BootClock::time_point(base::BootClock::duration(down_at_));
    }

    task::WorkspaceStore& workspaces() { return workspaces_; }
    void watch(std::int64_t task_id) { output_.watch(task_id); }
    // Tells other processes, by a hint of the channel agentcron.
    void announce(std::string what) { output_.announce(std::move(what)); }
    // The row of `workers`: first and last write.
    void register_worker(Then<> then);
    void worker_stopped(Then<> then);
    void ensure_partitions() { output_.ensure_partitions(); }
    // Their tasks are rescued without waiting; one that had no agent yet is queued as if it had not
    // been claimed.
    void end_leases_of(task::DeadWorkers dead, Then<> then);

private:
    // State of the `work` thread, touched by jobs only.
    struct WorkState {
        std::uint64_t epoch = 0;            // of the session that `held` was checked on
        std::set<std::int64_t> held;        // tasks whose lease the engine knows of
        std::optional<base::Instant> floor; // every turn before it was claimed
        bool all_blocked = false;           // the last look found nothing that could start
    };
    // When the heartbeat session was opened; of its thread.
    struct SessionAge {
        std::uint64_t epoch = 0;
        std::chrono::steady_clock::time_point since{};
    };
    bool is_young(const Session& session);
    ClaimOutcome run_claim(Session& session, int count, bool wide,
                           const std::vector<std::string>& freed);
    void end_unknown_claims(Session& session);
    void give_back_unlaunched(Session& session, const task::DeadWorkers& dead);
    Job lease_job(const task::Lease& lease, std::function<void(Session&)> run,
                  std::function<void()> done);

    const WorkerIdentity worker_;
    const base::Seconds lease_ttl_;
    std::shared_ptr<WorkState> work_state_ = std::make_shared<WorkState>();
    SessionAge heartbeat_age_;
    std::atomic<base::BootClock::rep> down_at_{0}; // of the heartbeat thread and the loop
    DatabaseThread work_;
    OutputWriter output_;
    PgWorkspaceStore workspaces_;
    DatabaseThread heartbeat_;
};

} // namespace agentcron::db
