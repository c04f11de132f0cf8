#include "engine/standing_process.hpp"

#include "agent/jsonl_driver.hpp"
#include "base/text.hpp"
#include "engine/recorded.hpp"
#include "process/memory_use.hpp"

#include <boost/asio/post.hpp>
#include <filesystem>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::size_t logged_bytes_max = 200;
// As much of a task line as tells it from any other; it stands in one frame.
constexpr std::size_t mark_bytes = 64;

} // namespace

// What an attempt sees. Once its end was found the process may serve another: nothing that is said
// to this object then reaches it.
class StandingProcess::Request final : public process::AgentProcess {
public:
    Request(std::shared_ptr<StandingProcess> process, std::string task_mark, bool has_begun,
            Events to_tell)
        : mark(std::move(task_mark))
        , begun(has_begun)
        , events(std::make_shared<Events>(std::move(to_tell)))
        , process_(std::move(process)) {}
    ~Request() override { process_->abandon(this); }

    std::vector<process::Frame> read(std::size_t bytes_max) override {
        return over ? std::vector<process::Frame>() : process_->read_for_request(bytes_max);
    }
    void feed(std::string_view bytes) override {
        if (!is_under_way()) return;
        if (process_->is_ready_)
            process_->process_->feed(bytes);
        else
            process_->pending_in_ += bytes;
    }
    void close_stdin() override {} // the next task comes there
    void set_deadline(base::Millis from_now) override {
        if (is_under_way()) process_->process_->set_deadline(from_now);
    }
    void set_lease(base::Millis from_now, base::Millis grace) override {
        if (is_under_way()) process_->process_->set_lease(from_now, grace);
    }
    void stored(std::uint64_t) override {} // its output is its protocol: nothing of it is dropped
    void reply(std::string_view ask_id, std::string_view json) override {
        if (is_under_way()) process_->process_->reply(ask_id, json);
    }
    void terminate(base::Millis grace) override {
        if (is_under_way()) process_->stop_request(grace);
    }
    void kill() override {
        if (!is_under_way()) return;
        killed = true;
        process_->kill();
    }
    pid_t shim_pid() const override { return process_->process_->shim_pid(); }

    // Its last output was read.
    void has_ended(boost::asio::io_context& loop, const process::ExitRecord& record) {
        over = true;
        report(loop, record);
    }
    // Told once.
    void report(boost::asio::io_context& loop, const process::ExitRecord& record) {
        if (std::exchange(reported_, true)) return;
        boost::asio::post(loop, [weak = std::weak_ptr(events), record] {
            if (const auto to_tell = weak.lock()) to_tell->exited(record);
        });
    }

    const std::string mark; // how its task line begins
    bool begun;
    std::uint64_t from = 0; // where in the spool: the positions of its output start there
    bool over = false;
    bool told_to_stop = false;
    bool killed = false;
    std::shared_ptr<Events> events;

private:
    bool is_under_way() const { return !over && !process_->went_on_; }

    std::shared_ptr<StandingProcess> process_;
    bool reported_ = false;
};

StandingProcess::StandingProcess(Host host, AheadPlan plan)
    : host_(std::move(host)), plan_(std::move(plan)), grace_timer_(host_.loop) {}

base::Result<pid_t, process::LaunchError> StandingProcess::start() {
    auto launched = process::AgentProcess::launch(
        host_.loop, plan_.launch,
        {.readable = [this] { tell_readable(); },
         .exited = [this](const process::ExitRecord& record) { exited(record); }});
    if (!launched) return launched.error();
    process_ = std::move(*launched);
    return process_->shim_pid();
}

std::unique_ptr<StandingProcess::Request>
StandingProcess::make_request(const std::string& task_line, process::AgentProcess::Events events) {
    auto request = std::make_unique<Request>(shared_from_this(), task_line.substr(0, mark_bytes),
                                             !is_ready_, std::move(events));
    request_ = request.get();
    return request;
}

Started StandingProcess::serve(const std::string& task_line, process::AgentProcess::Events events) {
    auto request = make_request(task_line, std::move(events));
    // What came before was told to nobody.
    boost::asio::post(host_.loop, [weak = std::weak_ptr(request->events)] {
        if (const auto to_tell = weak.lock()) to_tell->readable();
    });
    Started started;
    started.process = std::move(request);
    started.first.stdin_bytes = task_line;
    started.standing =
        AttemptRecord::Standing{.directory = plan_.launch.run_directory.filename().string(),
                                .from = spool_bytes_,
                                .was_ready = is_ready_};
    return started;
}

base::Result<Started, process::LaunchError>
StandingProcess::take_over(const Remains& remains, const std::string& task_line,
                           process::AgentProcess::Events events) {
    const auto& standing = *remains.record.standing;
    auto adopted = process::AgentProcess::adopt(
        host_.loop, plan_.launch.run_directory, standing.from,
        {.readable = [this] { tell_readable(); },
         .exited = [this](const process::ExitRecord& record) { exited(record); }});
    if (!adopted) return adopted.error();
    process_ = std::move(*adopted);
    is_ready_ = standing.was_ready;
    is_worn_ = true;
    went_on_ = remains.ends_before.has_value();
    Started started;
    started.process = make_request(task_line, std::move(events));
    started.first.stdin_bytes = task_line;
    const auto recorded =
        recorded_in(plan_.launch.run_directory, {.from = standing.from,
                                                 .to = remains.ends_before.value_or(Part{}.to),
                                                 .mark = request_->mark});
    told_before_ = recorded.end;
    started.fed_bytes = recorded.fed_bytes;
    return started;
}

void StandingProcess::tell_readable() {
    if (!request_) return read_idle();
    const auto to_tell = request_->events;
    to_tell->readable();
}

void StandingProcess::read_idle() {
    std::vector<process::Frame> of_nobody;
    for (auto frames = process_->read(read_bytes); !frames.empty();
         frames = process_->read(read_bytes))
        for (auto& frame : frames) take_frame(std::move(frame), of_nobody);
}

std::vector<process::Frame> StandingProcess::read_for_request(std::size_t bytes_max) {
    std::vector<process::Frame> of_request;
    while (of_request.empty()) {
        auto frames = process_->read(bytes_max);
        if (frames.empty()) {
            if (gone_ && request_) std::exchange(request_, nullptr)->has_ended(host_.loop, *gone_);
            break;
        }
        for (auto& frame : frames) take_frame(std::move(frame), of_request);
    }
    return of_request;
}

void StandingProcess::take_frame(process::Frame frame, std::vector<process::Frame>& of_request) {
    using process::Stream;
    spool_bytes_ = frame.offset + frame.bytes.size();
    if (frame.stream == Stream::reply) return;
    if (frame.stream == Stream::in) {
        if (!request_ || request_->begun || !frame.bytes.starts_with(request_->mark)) return;
        request_->begun = true;
        request_->from = frame.offset;
        return;
    }
    std::optional<std::uint64_t> from;
    if (request_ && request_->begun) from = request_->from;
    const auto end = frame.stream == Stream::out ? look_for_ready(frame) : std::nullopt;
    if (!from) return take_idle(frame);
    if (end && *end < frame.bytes.size()) {
        auto rest = frame;
        rest.bytes.erase(0, *end);
        take_idle(rest);
        frame.bytes.resize(*end);
    }
    frame.offset -= *from;
    of_request.push_back(std::move(frame));
}

std::optional<std::size_t> StandingProcess::look_for_ready(const process::Frame& frame) {
    std::optional<std::size_t> end;
    framer_.push(frame.offset, frame.bytes);
    while (const auto piece = framer_.next()) {
        if (!piece->is_line || !agent::is_ready_line(piece->bytes)) continue;
        if (!is_ready_) {
            first_ready();
        } else if (request_ && request_->begun) {
            end = piece->position + 1 - frame.offset;
            request_over();
        }
    }
    return end;
}

void StandingProcess::first_ready() {
    is_ready_ = true;
    if (!pending_in_.empty()) process_->feed(std::exchange(pending_in_, {}));
}

void StandingProcess::request_over() {
    auto* request = std::exchange(request_, nullptr);
    ++served_;
    grace_timer_.cancel();
    process::ExitRecord record;
    record.exit_code = 0;
    record.terminated = request->told_to_stop;
    request->has_ended(host_.loop, record);
    if (gone_) return;
    if (went_on_) return leave();
    process_->set_deadline(base::Millis(0));
    process_->set_lease(base::Millis(0), base::Millis(0));
    is_worn_ = is_worn_ || has_worn_out();
    // At once: the pool may look at it before it hears of it.
    needed_until = std::chrono::steady_clock::now() + std::chrono::seconds(plan_.profile.idle);
    boost::asio::post(host_.loop, [self = shared_from_this()] {
        if (!self->gone_ && !self->request_) self->host_.freed(*self);
    });
}

void StandingProcess::stop_request(base::Millis grace) {
    if (std::exchange(request_->told_to_stop, true)) return;
    if (!is_ready_) return process_->terminate(grace); // it would not read what it is told
    grace_timer_.expires_after(grace);
    grace_timer_.async_wait([this, grace, request = served_](const auto& error) {
        if (!error && request_ && served_ == request && !gone_) process_->terminate(grace);
    });
}

// Its attempt is gone without having seen its end: it is the next worker's.
void StandingProcess::abandon(const Request* request) {
    if (request_ != request) return;
    request_ = nullptr;
    leave();
}

// Its shim and agent go on without this object.
void StandingProcess::leave() {
    if (gone_ || std::exchange(ending_, true)) return;
    grace_timer_.cancel();
    boost::asio::post(host_.loop, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && !self->gone_) self->host_.left(*self);
    });
}

void StandingProcess::take_idle(const process::Frame& frame) {
    if (went_on_ || frame.offset < told_before_) return;
    if (frame.stream == process::Stream::ask) {
        const auto id = agent::ask_id_of(frame.bytes);
        if (!id.empty())
            process_->reply(id, R"({"error":"no task is being worked on, nobody can be asked"})");
        return;
    }
    if (agent::is_ready_line(frame.bytes)) return;
    spdlog::info("said by a process that waits for a task agent={}: {}", agent(),
                 base::is_utf8(frame.bytes) ? base::one_line(frame.bytes, logged_bytes_max)
                                            : "(bytes that are no text)");
}

bool StandingProcess::has_worn_out() const {
    const auto& profile = plan_.profile;
    const auto limit = profile.output_bytes_max;
    if (profile.recycle_requests > 0 && served_ >= profile.recycle_requests) return true;
    // The limit is the process's: half of it is left for any request.
    if (limit > 0 && spool_bytes_ > limit / 2) return true;
    return profile.recycle_memory_bytes > 0 &&
           process::resident_bytes_below(process_->shim_pid()) > profile.recycle_memory_bytes;
}

void StandingProcess::end() {
    if (gone_ || std::exchange(ending_, true)) return;
    process_->close_stdin();
    const auto grace = plan_.profile.grace;
    grace_timer_.expires_after(grace);
    grace_timer_.async_wait([this, grace](const boost::system::error_code& error) {
        if (!error && !gone_) process_->terminate(grace);
    });
}

void StandingProcess::kill() {
    if (!gone_) process_->kill();
}

void StandingProcess::exited(const process::ExitRecord& record) {
    const auto self = shared_from_this();
    const bool was_free = is_free();
    gone_ = record;
    grace_timer_.cancel();
    std::error_code stays; // found by the next start
    if (!went_on_) std::filesystem::remove_all(plan_.launch.run_directory, stays);
    // Of one that was killed perhaps nobody wants the output.
    if (request_ && request_->killed) request_->report(host_.loop, record);
    tell_readable();
    std::string how = record.stage;
    if (record.exit_code) how = fmt::format("exited with code {}", *record.exit_code);
    if (record.signal) how = fmt::format("killed by signal {}", *record.signal);
    host_.ended(*this, how, was_free);
}

} // namespace agentcron::engine
