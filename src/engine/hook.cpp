#include "engine/hook.hpp"

#include "agent/json_text.hpp"
#include "base/text.hpp"
#include "engine/launch_plan.hpp"
#include "task/shortage.hpp"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::size_t last_line_bytes_max = 500;
// Linux takes at most 128 KiB in one string of the environment.
constexpr std::size_t variable_bytes_max = 32 * 1024;

} // namespace

void tell_of_agent(process::LaunchSpec& check, const std::string& result, int exit_code) {
    const auto set = [&](std::string_view name, std::string_view value) {
        const auto prefix = fmt::format("{}=", name);
        std::erase_if(check.env, [&](const auto& one) { return one.starts_with(prefix); });
        check.env.push_back(prefix + std::string(value));
    };
    // Half a JSON text would be worse than none.
    if (result.size() <= variable_bytes_max) set("AGENTCRON_RESULT", result);
    set("AGENTCRON_EXIT_CODE", std::to_string(exit_code));
    check.stdin_bytes = result;
}

Hook::Hook(boost::asio::io_context& loop, process::LaunchSpec launch, std::string kind,
           std::uint64_t positions_from, std::function<void()> changed)
    : loop_(loop)
    , launch_(std::move(launch))
    , kind_(std::move(kind))
    , end_(positions_from)
    , positions_from_(positions_from)
    , changed_(std::move(changed))
    , limit_timer_(loop)
    , again_timer_(loop) {}

void Hook::start(base::Millis limit) {
    if (limit.count() > 0)
        launch_.deadline = std::chrono::ceil<base::Seconds>(limit) + backstop_margin;
    launch();
    if (exit_ || limit.count() <= 0) return;
    limit_timer_.expires_after(limit);
    limit_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto hook = self.lock();
        if (error || !hook || hook->exit_) return;
        hook->out_of_time_ = true;
        hook->terminate(hook->launch_.grace);
    });
}

void Hook::launch() {
    process::AgentProcess::Events events{
        .readable = [this] { changed_(); },
        .exited = [this](const process::ExitRecord& record) { exited(record); }};
    auto launched = std::filesystem::exists(launch_.run_directory)
                        ? process::AgentProcess::adopt(loop_, launch_.run_directory, 0, events)
                        : process::AgentProcess::launch(loop_, launch_, events);
    if (launched) {
        process_ = std::move(*launched);
        if (lease_) process_->set_lease(lease_->first, lease_->second);
        return;
    }
    const auto& error = launched.error();
    if (task::is_shortage(error.stage, error.error)) return launch_later(error);
    exit_.emplace();
    exit_->stage = error.stage;
    exit_->error = error.error;
    output_ended_ = true;
}

// What was done so far must not be lost for a full disk: it waits in its place.
void Hook::launch_later(const process::LaunchError& error) {
    if (!std::exchange(has_waited_, true))
        spdlog::warn("the {} waits until this machine can start it: {}; {}", kind_, error.message(),
                     task::shortage_advice(error.stage, error.error));
    again_timer_.expires_after(again_pause_.next(0.5));
    again_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& failed) {
        const auto hook = self.lock();
        if (failed || !hook || hook->exit_) return;
        hook->launch();
        hook->changed_();
    });
}

void Hook::end_unlaunched() {
    again_timer_.cancel();
    limit_timer_.cancel();
    leave_out();
    boost::asio::post(loop_, [self = weak_from_this()] {
        if (const auto hook = self.lock()) hook->changed_();
    });
}

void Hook::leave_out() {
    exit_.emplace();
    exit_->terminated = true;
    output_ended_ = true;
}

void Hook::set_lease(base::Millis from_now, base::Millis grace) {
    lease_ = {from_now, grace};
    if (process_ && !exit_) process_->set_lease(from_now, grace);
}

void Hook::terminate(base::Millis grace) {
    if (exit_) return;
    if (process_) return process_->terminate(grace);
    end_unlaunched();
}

void Hook::kill() {
    if (exit_) return;
    if (process_) return process_->kill();
    end_unlaunched();
}

void Hook::exited(const process::ExitRecord& record) {
    exit_ = record;
    limit_timer_.cancel();
    changed_();
}

void Hook::read(OutputBuffer& rows) {
    while (process_ && !rows.is_full() && !output_ended_) {
        const auto frames = process_->read(read_bytes);
        for (const auto& frame : frames) take_frame(frame, rows);
        if (!frames.empty()) continue;
        if (!exit_) return;
        end_lines(rows);
        output_ended_ = true;
    }
}

void Hook::take_frame(const process::Frame& frame, OutputBuffer& rows) {
    std::optional<agent::Stream> stream;
    switch (frame.stream) {
    case process::Stream::out: stream = agent::Stream::out; break;
    case process::Stream::err: stream = agent::Stream::err; break;
    case process::Stream::event: stream = agent::Stream::event; break;
    case process::Stream::ask: return refuse_ask(frame);
    case process::Stream::in:
    case process::Stream::reply:
    case process::Stream::cut: return; // its output is never cut
    }
    const auto position = positions_from_ + frame.offset;
    end_ = position + frame.bytes.size();
    last_at_ = frame.at;
    auto& framer = lines_of(*stream).framer;
    framer.push(position, frame.bytes);
    while (const auto piece = framer.next()) add_line(*stream, *piece, rows);
}

void Hook::add_line(agent::Stream stream, const agent::LineFramer::Piece& piece,
                    OutputBuffer& rows) {
    if (stream == agent::Stream::event && told_) {
        told_->append(piece.bytes).append("\n");
        return;
    }
    auto line = base::is_utf8(piece.bytes) ? base::one_line(piece.bytes, last_line_bytes_max) : "";
    if (!line.empty()) lines_of(stream).last = std::move(line);
    rows.add({piece.position, last_at_, stream, kind_, std::string(piece.bytes)});
}

void Hook::end_lines(OutputBuffer& rows) {
    for (const auto stream : {agent::Stream::out, agent::Stream::err, agent::Stream::event})
        if (const auto piece = lines_of(stream).framer.finish(end_)) {
            add_line(stream, *piece, rows);
            ++end_;
        }
}

// Only an agent's own process is held, or started again with the answer.
void Hook::refuse_ask(const process::Frame& frame) {
    const auto ask = agent::parse_object(frame.bytes);
    if (ask)
        process_->reply(agent::text_member(*ask, "id"),
                        R"({"error":"only the agent itself can ask a person"})");
}

Hook::Lines& Hook::lines_of(agent::Stream stream) {
    if (stream == agent::Stream::out) return out_;
    return stream == agent::Stream::err ? err_ : event_;
}

task::HookEnding Hook::ending() const {
    task::HookEnding ending;
    ending.stage = exit_->stage;
    ending.error = exit_->error;
    ending.exit_code = exit_->exit_code;
    ending.signal = exit_->signal;
    ending.out_of_time = out_of_time_ || exit_->deadline_hit;
    ending.output_limit_hit = exit_->output_limit_hit;
    ending.terminated = exit_->terminated;
    ending.program = launch_.argv.front();
    ending.working_directory = launch_.working_directory.string();
    ending.last_line = err_.last.empty() ? out_.last : err_.last;
    return ending;
}

} // namespace agentcron::engine
