// Claims tasks while it has free slots, runs an Attempt for each, keeps their leases. Loop thread
// only.
//
// It claims when something may be ready: at the start, on a hint, when a slot is freed, when the
// next future row of `ready` is due, and every slow_poll, because hints may be lost. A claim that
// found no more above its floor is followed by a wide one, for what may be due below. It renews all
// leases in one statement every third of their life, and with that looks for what people want and
// for leases that others let run out. While this machine lacks what starting an agent takes, tasks
// are given back and few or none are claimed (LaunchPause).
#pragma once

#include "engine/attempt.hpp"
#include "engine/disk_watch.hpp"
#include "engine/launch_pause.hpp"
#include "engine/lease_keeper.hpp"
#include "engine/stop.hpp"
#include "engine/takeovers.hpp"
#include "engine/warm_pool.hpp"

#include <map>
#include <random>
#include <set>

namespace agentcron::engine {

struct WorkerSettings {
    int slots = 1;
    base::Seconds lease_ttl{60};
    base::Seconds slow_poll{30};
    LaunchSettings launch;
    base::Millis warm_linger = WarmPool::linger_default;
    // Schedulers have something to look at.
    std::function<void()> noted = [] {};
};

class Worker {
public:
    Worker(boost::asio::io_context& loop, task::TaskStore& store, task::WorkspaceStore& workspaces,
           WorkerSettings settings);
    ~Worker(); // its agents live on
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void start();
    // A hint that something may be ready; `anywhere`: also below the floor of the last claims.
    void wake(bool anywhere = false);
    // A hint that the rules of what waits were changed: it is decided anew, also where no slot is
    // free.
    void settle();
    // A hint that what is coming may have changed.
    void look_ahead() { warm_.look(); }
    // A hint that somebody answered, wrote or cancelled.
    void look_for_signals();
    // A hint that worktrees are to be cleaned.
    void look_at_workspaces() { workspaces_.look(); }
    // A hint that another worker has come, which may take over what we do not renew.
    void look_for_rivals();
    // After a lost connection: hints were lost, and others may have taken our leases.
    void reconnected();
    // Looks for leases that ran out and for worktrees whose task has ended; the heartbeat does so
    // too.
    void rescue();
    // Before start(): goes on with what earlier workers of this machine left. `then` gets those of
    // which nothing may follow: their lease is lost, or they cannot be read.
    void adopt(std::vector<Remains> remains, Takeovers::Refuse then) {
        takeovers_.begin(std::move(remains), std::move(then));
    }
    // Calls `stopped` once, when all is done. Said again with a stronger one, that counts.
    void stop(Stop how, std::function<void()> stopped);
    // Kills what has not ended yet; `stopped` still comes when the store was told.
    void hurry();

private:
    Attempt::Host host();
    void claim();
    std::optional<Attempt::NotTakenOver> take_over(const Remains& remains,
                                                   const task::LeaseTerm& term);
    void stop(Attempt& attempt);
    void stop_later(const std::string& token);
    struct Asked {
        int count = 0;
        bool wide = false;
        std::set<std::string> freed;
    };
    void claimed(task::ClaimReply reply, const Asked& asked);
    void could_start();
    void could_not_start(const std::string& why);
    int free_slots() const;
    void heartbeat();
    void look_at_disk();
    void closed(const std::string& token);
    void arm_claim_timer(const task::ClaimReply& reply, bool looked_wide);
    // What waits for a turn or a slot under these keys may go on.
    void free_keys(const Attempt& attempt);
    void perhaps_stopped();

    boost::asio::io_context& loop_;
    task::TaskStore& store_;
    const WorkerSettings settings_;
    Workspaces workspaces_;
    WarmPool warm_;
    Takeovers takeovers_;
    // By lease token: a task may be claimed again before its last attempt here is gone.
    LeaseKeeper::Attempts attempts_;
    LeaseKeeper leases_{store_, attempts_, takeovers_};
    std::minstd_rand random_{std::random_device{}()};

    DiskWatch disk_;
    LaunchPause pause_;
    boost::asio::steady_timer pause_timer_;
    boost::asio::steady_timer claim_timer_;
    boost::asio::steady_timer heartbeat_timer_;
    std::chrono::steady_clock::time_point last_wide_claim_{};
    std::set<std::string> freed_; // keys to be looked at by the next claim
    bool started_ = false; // before that its hints come to nothing: start() looks at everything
    bool claiming_ = false;
    bool settle_ = false;
    bool claim_again_ = false; // a hint came while a claim was under way
    bool looking_ = false;
    bool look_again_ = false;
    bool rescuing_ = false;
    std::function<void()> stopped_;
    Stop stop_{};
    bool said_stopped_ = false;
    // What was posted to the loop and comes after this object is void.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace agentcron::engine
