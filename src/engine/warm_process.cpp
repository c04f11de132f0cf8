#include "engine/warm_process.hpp"

#include "agent/ahead.hpp"
#include "engine/output_buffer.hpp"

#include <boost/asio/post.hpp>
#include <filesystem>

namespace agentcron::engine {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
// Of what a process may say while it waits; the rest waits in its spool.
constexpr std::size_t said_bytes_max = OutputBuffer::bytes_max;

} // namespace

WarmProcess::WarmProcess(boost::asio::io_context& loop, AheadPlan plan, Ended ended)
    : loop_(loop)
    , plan_(std::move(plan))
    , ended_(std::move(ended))
    , route_(std::make_shared<process::AgentProcess::Events>())
    , grace_timer_(loop) {}

base::Result<pid_t, process::LaunchError> WarmProcess::start() {
    route_->readable = [this] { read(); };
    route_->exited = [this](const process::ExitRecord& record) { exited(record); };
    auto launched = process::AgentProcess::launch(
        loop_, plan_.launch,
        {.readable = [route = route_] { route->readable(); },
         .exited = [route = route_](const process::ExitRecord& record) { route->exited(record); }});
    if (!launched) return launched.error();
    process_ = std::move(*launched);
    journal_.emplace(plan_.launch.run_directory);
    return process_->shim_pid();
}

void WarmProcess::read() {
    while (said_bytes_ < said_bytes_max) {
        const auto frames = process_->read(read_bytes);
        if (frames.empty()) break;
        for (const auto& frame : frames) {
            spool_offset_ = frame.offset + frame.bytes.size();
            const auto stream = agent_stream(frame.stream);
            if (!stream) continue;
            said_bytes_ += frame.bytes.size();
            plan_.driver->receive({*stream, frame.at, frame.offset, frame.bytes}, said_);
        }
    }
    const auto order = plan_.driver->after_events();
    if (!order.is_empty())
        journal_->add({.kind = JournalEntry::Kind::after_events, .at = spool_offset_});
    feed(order);
}

void WarmProcess::feed(const agent::Feed& feed) {
    if (!feed.stdin_bytes.empty()) process_->feed(feed.stdin_bytes);
    if (feed.close_stdin) process_->close_stdin();
    if (feed.reply) process_->reply(feed.reply->ask_id, feed.reply->json);
}

std::optional<Started> WarmProcess::take_over(const agent::Brief& brief,
                                              process::AgentProcess::Events events) {
    auto first = agent::starts_ahead(*plan_.driver)->begin(brief);
    if (!first) return std::nullopt;
    *route_ = std::move(events);
    // What came before was told to the old owner.
    boost::asio::post(loop_, [weak = std::weak_ptr(route_)] {
        if (const auto route = weak.lock()) route->readable();
    });
    return Started{.process = std::move(process_),
                   .run_directory = plan_.launch.run_directory,
                   .driver = std::move(plan_.driver),
                   .said = std::move(said_),
                   .spool_offset = spool_offset_,
                   .first = std::move(*first),
                   .journal = std::move(journal_)};
}

void WarmProcess::end() {
    if (std::exchange(ending_, true)) return;
    process_->close_stdin();
    grace_timer_.expires_after(plan_.profile.grace);
    grace_timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) process_->terminate(plan_.profile.grace);
    });
}

void WarmProcess::kill() {
    process_->kill();
}

void WarmProcess::exited(const process::ExitRecord& record) {
    grace_timer_.cancel();
    read();
    std::vector<agent::Event> ignored;
    plan_.driver->end_of_output(ignored);
    const auto verdict = plan_.driver->finish({record.exit_code, record.signal, record.terminated});
    std::error_code stays; // found by the next start
    std::filesystem::remove_all(plan_.launch.run_directory, stays);
    ended_(*this, record.stage == "ran" ? verdict.message : record.stage);
}

} // namespace agentcron::engine
