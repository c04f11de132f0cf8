#include "notify/command.hpp"

#include "base/program_path.hpp"
#include "base/spawn.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>

namespace agentcron::notify {
namespace {

namespace asio = boost::asio;

constexpr std::size_t stderr_bytes_kept = 1024;
constexpr std::size_t pipe_bytes = 64 * 1024; // what Linux keeps of an unread pipe

std::string text_of(const base::ChildExit& exit, const std::string& said) {
    const auto end = exit.code ? fmt::format("exit code {}", *exit.code)
                               : fmt::format("ended by signal {}", *exit.signal);
    const auto words = base::trim(said);
    return words.empty() ? end : fmt::format("{}: {}", end, words);
}

// A file in memory takes any length at once, where a pipe would have to be fed.
base::UniqueFd file_of(const std::string& text) {
    base::UniqueFd file(::memfd_create("notification", MFD_CLOEXEC));
    if (!file) return file;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto count = ::write(file.get(), text.data() + at, text.size() - at);
        if (count < 0) return {};
        at += static_cast<std::size_t>(count);
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

std::string path_in(const std::vector<std::string>& environment) {
    for (const auto& variable : environment)
        if (variable.starts_with("PATH=")) return variable.substr(5);
    return base::default_path;
}

TryResult failed(std::string error) {
    return {Verdict::failed, std::move(error), std::nullopt};
}

} // namespace

// One program from its start to its end. Kept alive by what waits for it.
class CommandRunner::Run : public std::enable_shared_from_this<Run> {
public:
    Run(CommandRunner& runner, std::function<void(TryResult)> on_end)
        : then(std::move(on_end))
        , runner_(runner)
        , stderr_(runner.loop_)
        , ended_(runner.loop_)
        , timer_(runner.loop_) {}

    // nullopt: it runs, and will come to its end.
    std::optional<TryResult> start(const Command& command) {
        const auto program = base::find_program(command.argv.front(), path_in(command.environment));
        if (!program)
            return failed(fmt::format("there is no program '{}'; install it, or write its whole "
                                      "path",
                                      command.argv.front()));
        int ends[2];
        const auto input = file_of(command.stdin_text);
        if (!input || ::pipe2(ends, O_CLOEXEC) != 0)
            return failed(fmt::format("no pipe to the command: {}", std::strerror(errno)));
        base::UniqueFd read_end(ends[0]), write_end(ends[1]);
        base::SpawnRequest request;
        request.argv = command.argv;
        request.argv.front() = *program;
        request.env = command.environment;
        request.fds = {{input.get(), STDIN_FILENO}, {write_end.get(), STDERR_FILENO}};
        request.working_directory = "/";
        request.new_session = true;
        auto child = base::spawn(request);
        if (!child) return failed(child.error().message());
        child_ = std::move(*child);
        boost::system::error_code error;
        ended_.assign(::dup(child_.pidfd.get()), error);
        if (!error) stderr_.assign(read_end.get(), error);
        if (error) {
            abandon();
            return failed(fmt::format("the command could not be followed: {}", error.message()));
        }
        static_cast<void>(read_end.release()); // it is stderr_'s now
        stderr_.non_blocking(true, error);
        follow();
        return std::nullopt;
    }

    // Its leader is not reaped yet, so the group's number is still its own.
    void kill_group() {
        if (child_.pid > 0) ::kill(-child_.pid, SIGKILL);
    }

    // Without its runner: it is ended, and nobody hears of it.
    void abandon() {
        kill_group();
        if (child_.pid > 0) base::wait(child_, base::Seconds(5));
        close();
    }

    const std::function<void(TryResult)> then;

private:
    void follow() {
        read();
        ended_.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                              if (!error) self->end();
                          });
        timer_.expires_after(runner_.ended_within_);
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error) return;
            self->timed_out_ = true;
            self->kill_group();
        });
    }

    // Waits without reading, so that nothing is in between when the end comes.
    void read() {
        stderr_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const boost::system::error_code& error) {
                               if (!error && self->drain()) self->read();
                           });
    }

    // What is in the pipe, once: more may come, and others want the loop. False at its end.
    bool drain() {
        boost::system::error_code error;
        for (std::size_t left = pipe_bytes; left > 0 && !error;) {
            const auto size = stderr_.read_some(asio::buffer(buffer_), error);
            keep_tail(size);
            left -= std::min(left, size);
        }
        return !error || error == asio::error::would_block;
    }

    void keep_tail(std::size_t size) {
        said_.append(buffer_.data(), size);
        if (said_.size() > stderr_bytes_kept) said_.erase(0, said_.size() - stderr_bytes_kept);
    }

    void close() {
        child_.pid = -1;
        boost::system::error_code ignored;
        stderr_.close(ignored);
        ended_.close(ignored);
        timer_.cancel();
    }

    void end() {
        if (child_.pid < 0) return; // abandoned while this was on its way
        const auto exit = base::wait(child_, base::Millis(0));
        if (!exit) return;
        // What it wrote last may still be in the pipe; what it left in the background may hold the
        // other end, so the end of the file is not waited for.
        drain();
        close();
        if (timed_out_)
            return runner_.finished(
                shared_from_this(),
                failed(fmt::format("killed, it did not end within {}",
                                   base::format_duration(
                                       std::chrono::ceil<base::Seconds>(runner_.ended_within_)))));
        if (exit->code == 0)
            return runner_.finished(shared_from_this(), {Verdict::delivered, "", std::nullopt});
        runner_.finished(shared_from_this(), failed(text_of(*exit, said_)));
    }

    CommandRunner& runner_;
    base::Child child_;
    asio::posix::stream_descriptor stderr_;
    asio::posix::stream_descriptor ended_;
    asio::steady_timer timer_;
    std::array<char, 4096> buffer_{};
    std::string said_;
    bool timed_out_ = false;
};

CommandRunner::CommandRunner(boost::asio::io_context& loop, base::Millis ended_within)
    : loop_(loop), ended_within_(ended_within) {}

CommandRunner::~CommandRunner() {
    for (const auto& run : runs_) run->abandon();
}

void CommandRunner::run(const Command& command, std::function<void(TryResult)> then) {
    auto run = std::make_shared<Run>(*this, std::move(then));
    runs_.insert(run);
    if (auto failure = run->start(command))
        asio::post(loop_, [this, weak = std::weak_ptr(run), failure = std::move(*failure)] {
            if (const auto still = weak.lock()) finished(still, failure);
        });
}

void CommandRunner::finished(const std::shared_ptr<Run>& run, TryResult result) {
    const auto keep = run;
    runs_.erase(run);
    keep->then(std::move(result));
}

} // namespace agentcron::notify
