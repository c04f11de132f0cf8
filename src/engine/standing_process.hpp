// A process that serves one task after another: an agent of driver jsonl with `persistent: true`.
// It says {"type":"ready"} when it waits for a task, first after its start and then after each:
// that line is the end of a request. So its spool is cut: a request begins with the frame that
// records its task line and ends with `ready` (the shim records stderr before what follows it on
// stdout). What the process writes in between, while it has nothing to do, belongs to no task and
// goes to the daemon's log. Before the first `ready` everything belongs to a first request that
// waits for it: if the process cannot start, its task says why.
//
// To an attempt a request looks like a process of its own (an AgentProcess): `ready` is its exit,
// with code 0, and ending it politely means waiting for `ready` before signals are sent. When the
// process really ends, so does its request, as any attempt whose process ended so.
//
// Where a request begins in the process's spool stands in the record of its attempt. So the next
// worker can go on with it; with that request the process ends.
//
// Shared by the pool (standing_pool.hpp) and the request it serves. Loop thread only.
#pragma once

#include "agent/line_framer.hpp"
#include "engine/ahead_plan.hpp"
#include "engine/started.hpp"
#include "engine/warm_need.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace agentcron::engine {

class StandingProcess : public std::enable_shared_from_this<StandingProcess> {
public:
    struct Host {
        boost::asio::io_context& loop;
        std::function<void(StandingProcess&)> freed; // its request is over
        // It is gone, with words for how; its directory is removed. `was_free`: it served nobody,
        // and nobody had told it to end. Last.
        std::function<void(StandingProcess&, const std::string& how, bool was_free)> ended;
        std::function<void(StandingProcess&)> left; // it goes on for another worker. Last.
    };
    StandingProcess(Host host, AheadPlan plan);

    base::Result<pid_t, process::LaunchError> start(); // once
    // Instead: goes on with a request of it that an earlier worker left, after which it ends;
    // unless it went on by itself, to another attempt. `task_line` as for serve.
    base::Result<Started, process::LaunchError> take_over(const Remains& remains,
                                                          const std::string& task_line,
                                                          process::AgentProcess::Events events);

    const AheadPlan& plan() const { return plan_; }
    const std::string& agent() const { return plan_.profile.name; }
    bool is_free() const { return !request_ && !ending_ && !gone_ && !is_worn_; }
    bool is_worn() const { return is_worn_; } // it has served its time, or has grown too large
    // The next request, only if it is free. `task_line` goes in as soon as it is ready; `plan` is
    // the attempt's.
    Started serve(const std::string& task_line, process::AgentProcess::Events events);
    void end(); // politely; only if it serves nobody
    void kill();

    SteadyTime needed_until{};

private:
    class Request;
    void tell_readable();
    void read_idle();
    std::vector<process::Frame> read_for_request(std::size_t bytes_max);
    void take_frame(process::Frame frame, std::vector<process::Frame>& of_request);
    // Reads the lines of stdout; how much of the frame is before the end of the request, if that
    // is in it.
    std::optional<std::size_t> look_for_ready(const process::Frame& frame);
    void first_ready();
    void request_over();
    bool has_worn_out() const;
    void stop_request(base::Millis grace);
    void abandon(const Request* request);
    void leave();
    std::unique_ptr<Request> make_request(const std::string& task_line,
                                          process::AgentProcess::Events events);
    void take_idle(const process::Frame& frame);
    void exited(const process::ExitRecord& record);

    const Host host_;
    const AheadPlan plan_;
    std::unique_ptr<process::AgentProcess> process_;
    boost::asio::steady_timer grace_timer_;
    agent::LineFramer framer_; // of stdout
    Request* request_ = nullptr;
    std::optional<process::ExitRecord> gone_;
    std::string pending_in_; // fed before it was ready
    std::uint64_t spool_bytes_ = 0;
    int served_ = 0;
    bool is_ready_ = false;         // it has said so at least once
    std::uint64_t told_before_ = 0; // what stands before this in the spool was told already
    bool is_worn_ = false;
    bool ending_ = false;
    bool went_on_ = false; // it is another object's by now
};

} // namespace agentcron::engine
