// A process that was started before its task is known, and waits for it. Its driver has spoken with
// it meanwhile; what it said is kept. Owned by the pool (warm_pool.hpp) until an attempt takes it
// over or nobody needs it any more; then it is ended politely: stdin closes, and signals follow if
// that is not understood. Loop thread only.
#pragma once

#include "engine/ahead_plan.hpp"
#include "engine/started.hpp"
#include "engine/warm_need.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

namespace agentcron::engine {

class WarmProcess {
public:
    // `ended`: it is gone, with the driver's words for how; its directory is removed. Not called
    // any more once it was taken over. It may not destroy this object before it returns.
    using Ended = std::function<void(WarmProcess&, const std::string& how)>;
    WarmProcess(boost::asio::io_context& loop, AheadPlan plan, Ended ended);
    WarmProcess(const WarmProcess&) = delete;
    WarmProcess& operator=(const WarmProcess&) = delete;

    base::Result<pid_t, process::LaunchError> start(); // once

    const AheadPlan& plan() const { return plan_; }
    const std::string& agent() const { return plan_.profile.name; }
    // The task goes to the process, and the process to whoever asked; this object is then empty.
    // nullopt: it cannot do that task, and waits on.
    std::optional<Started> take_over(const agent::Brief& brief,
                                     process::AgentProcess::Events events);
    void end();
    void kill();

    SteadyTime needed_until{};

private:
    void read();
    void feed(const agent::Feed& feed);
    void exited(const process::ExitRecord& record);

    boost::asio::io_context& loop_;
    AheadPlan plan_;
    Ended ended_;
    // Where the process's callbacks lead; its new owner's, once it was taken over.
    std::shared_ptr<process::AgentProcess::Events> route_;
    std::unique_ptr<process::AgentProcess> process_;
    boost::asio::steady_timer grace_timer_;
    std::vector<agent::Event> said_;
    std::size_t said_bytes_ = 0;
    std::uint64_t spool_offset_ = 0;
    std::optional<Journal> journal_;
    bool ending_ = false;
};

} // namespace agentcron::engine
