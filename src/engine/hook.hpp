// A program that runs beside an agent: what makes its workspace and setup before it, success.check
// after one that ended well, what removes the workspace at the end. It is a run of its own, through
// a shim as the agent's, in a run directory beside the agent's, so that a crash of the worker
// leaves it to be found and ended. What it writes becomes rows of output, one a line. Owned by
// whoever waits for it; loop thread only.
#pragma once

#include "agent/driver.hpp"
#include "agent/line_framer.hpp"
#include "base/backoff.hpp"
#include "engine/output_buffer.hpp"
#include "process/agent_process.hpp"
#include "task/outcome.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace agentcron::engine {

class Hook : public std::enable_shared_from_this<Hook> {
public:
    // `kind` of its rows; their keys begin at `positions_from`. `changed`: there is more to read,
    // or it has ended.
    Hook(boost::asio::io_context& loop, process::LaunchSpec launch, std::string kind,
         std::uint64_t positions_from, std::function<void()> changed);

    // Stopped after `limit`; 0 = none. Where it cannot be started it has ended with that, or, if
    // only its machine lacks something, it is tried again. One that an earlier daemon has started
    // already is taken over.
    void start(base::Millis limit);
    // Before the start: what it writes on descriptor 3 is added there instead, whole lines.
    void collect_events(std::string& told) { told_ = &told; }
    void leave_out(); // instead of start: it has ended as one that was told to
    void set_lease(base::Millis from_now, base::Millis grace); // as of the attempt's process
    void terminate(base::Millis grace);
    void kill();

    // Reads as much as there is room for.
    void read(OutputBuffer& rows);
    bool has_ended() const { return exit_.has_value(); }
    bool output_ended() const { return output_ended_; }
    // Once its output has ended.
    task::HookEnding ending() const;
    std::uint64_t positions_end() const { return end_; }
    const std::filesystem::path& run_directory() const { return launch_.run_directory; }

private:
    struct Lines {
        agent::LineFramer framer;
        std::string last; // the last one that is not blank
    };
    void launch();
    void launch_later(const process::LaunchError& error);
    void end_unlaunched();
    void exited(const process::ExitRecord& record);
    void take_frame(const process::Frame& frame, OutputBuffer& rows);
    void add_line(agent::Stream stream, const agent::LineFramer::Piece& piece, OutputBuffer& rows);
    void end_lines(OutputBuffer& rows);
    void refuse_ask(const process::Frame& frame);
    Lines& lines_of(agent::Stream stream);

    boost::asio::io_context& loop_;
    process::LaunchSpec launch_;
    std::string kind_;
    std::string* told_ = nullptr;
    std::uint64_t end_; // where the next row's key may begin
    std::uint64_t positions_from_;
    base::Instant last_at_{};
    std::function<void()> changed_;
    std::unique_ptr<process::AgentProcess> process_;
    boost::asio::steady_timer limit_timer_;
    // While it cannot be started for something that the machine lacks.
    boost::asio::steady_timer again_timer_;
    base::Backoff again_pause_{base::Millis(1000), base::Millis(30'000)};
    bool has_waited_ = false;
    std::optional<std::pair<base::Millis, base::Millis>> lease_; // as it was set last
    Lines out_, err_, event_;
    std::optional<process::ExitRecord> exit_;
    bool output_ended_ = false;
    bool out_of_time_ = false;
};

// Adds what a check is told of the agent's end: the result as JSON on stdin, and as
// AGENTCRON_RESULT if it is at most 32 KiB; AGENTCRON_EXIT_CODE. `result` "" = none.
void tell_of_agent(process::LaunchSpec& check, const std::string& result, int exit_code);

} // namespace agentcron::engine
