#include "support/run_program.hpp"

#include "base/spawn.hpp"

#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <thread>

namespace agentcron::support {
namespace fs = std::filesystem;
namespace {

struct Pipe {
    base::UniqueFd read, write;
};

Pipe make_pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    return {base::UniqueFd(fds[0]), base::UniqueFd(fds[1])};
}

std::vector<std::string> environment_of(const ProgramOptions& options) {
    const char* path = std::getenv("PATH");
    std::vector<std::string> variables{std::string("PATH=") + (path ? path : "/usr/bin:/bin"),
                                       "LC_ALL=C.UTF-8", "TZ=UTC"};
    for (const auto& [name, value] : options.environment) variables.push_back(name + "=" + value);
    // How tests/run wants the reports of a sanitized build.
    for (const char* name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"})
        if (const char* value = std::getenv(name))
            variables.push_back(std::string(name) + "=" + value);
    return variables;
}

} // namespace

TemporaryDirectory::TemporaryDirectory() {
    char name[] = "/tmp/agentcron-case-XXXXXX";
    if (!::mkdtemp(name)) throw std::runtime_error("mkdtemp failed");
    path_ = name;
    fs::permissions(path_, fs::perms(0755));
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

fs::path TemporaryDirectory::write(const std::string& name, std::string_view text) const {
    const auto path = path_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

class Program::Running {
public:
    Running(std::vector<std::string> argv, ProgramOptions options)
        : stdin_text_(std::move(options.stdin_text))
        , in_(make_pipe())
        , out_(make_pipe())
        , err_(make_pipe())
        , stop_(::eventfd(0, EFD_CLOEXEC)) {
        std::signal(SIGPIPE, SIG_IGN); // a program may leave its stdin unread
        base::SpawnRequest request;
        request.argv = std::move(argv);
        request.env = environment_of(options);
        request.fds = {{in_.read.get(), 0}, {out_.write.get(), 1}, {err_.write.get(), 2}};
        request.working_directory = options.working_directory;
        auto child = base::spawn(request);
        if (!child) throw std::runtime_error(request.argv[0] + ": " + child.error().message());
        child_ = std::move(*child);
        in_.read.reset();
        out_.write.reset();
        err_.write.reset();
        ::fcntl(in_.write.get(), F_SETFL, O_NONBLOCK);
        reader_ = std::thread([this] { work(); });
    }

    ~Running() {
        if (!exit_) {
            base::send_signal(child_.pidfd, SIGINT);
            finish(base::Seconds(20));
        }
        ::eventfd_write(stop_.get(), 1);
        reader_.join();
    }

    const base::Child& child() const { return child_; }

    bool wait_for_output(const std::string& text, base::Millis within) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, within, [&] {
            return text_[0].find(text) != std::string::npos ||
                   text_[1].find(text) != std::string::npos;
        });
    }

    Finished finish(base::Millis within) {
        if (!exit_) exit_ = base::wait(child_, within);
        if (!exit_) {
            base::send_signal(child_.pidfd, SIGKILL);
            base::wait(child_, base::Seconds(20));
            exit_ = base::ChildExit{};
        }
        // A child of its own may hold the pipes for longer; what it says is not waited for.
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, base::Seconds(5), [&] { return open_ == 0; });
        return {exit_->code, text_[0], text_[1]};
    }

    std::string text(std::size_t stream) const {
        const std::lock_guard lock(mutex_);
        return text_[stream];
    }

private:
    void work() {
        while (true) {
            pollfd fds[] = {{out_.read.get(), POLLIN, 0},
                            {err_.read.get(), POLLIN, 0},
                            {stop_.get(), POLLIN, 0},
                            {in_.write.get(), POLLOUT, 0}};
            if (::poll(fds, 4, -1) < 0) continue;
            if (fds[2].revents != 0) return;
            if (fds[3].revents != 0) feed();
            if (fds[0].revents != 0) take(out_.read, 0);
            if (fds[1].revents != 0) take(err_.read, 1);
        }
    }
    void feed() {
        const auto count = ::write(in_.write.get(), stdin_text_.data(), stdin_text_.size());
        if (count >= 0) stdin_text_.erase(0, static_cast<std::size_t>(count));
        if (count < 0 || stdin_text_.empty()) in_.write.reset();
    }
    void take(base::UniqueFd& fd, std::size_t stream) {
        std::array<char, 65536> bytes;
        const auto count = ::read(fd.get(), bytes.data(), bytes.size());
        const std::lock_guard lock(mutex_);
        if (count > 0)
            text_[stream].append(bytes.data(), static_cast<std::size_t>(count));
        else if (fd.reset(), --open_ == 0)
            in_.write.reset();
        changed_.notify_all();
    }

    std::string stdin_text_;
    Pipe in_, out_, err_;
    base::UniqueFd stop_;
    base::Child child_;
    std::optional<base::ChildExit> exit_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::array<std::string, 2> text_; // stdout, stderr
    int open_ = 2;
    std::thread reader_;
};

Program::Program(std::vector<std::string> argv, ProgramOptions options)
    : running_(std::make_unique<Running>(std::move(argv), std::move(options))) {}
Program::~Program() = default;

pid_t Program::pid() const {
    return running_->child().pid;
}
void Program::signal(int number) {
    base::send_signal(running_->child().pidfd, number);
}
bool Program::wait_for_output(const std::string& text, base::Millis within) {
    return running_->wait_for_output(text, within);
}
Finished Program::finish(base::Millis within) {
    return running_->finish(within);
}
std::string Program::out() const {
    return running_->text(0);
}
std::string Program::err() const {
    return running_->text(1);
}

fs::path agentcron_binary() {
    return fs::path(AGENTCRON_BINARY_DIR) / "agentcron";
}

Finished run_agentcron(std::vector<std::string> arguments, ProgramOptions options) {
    arguments.insert(arguments.begin(), agentcron_binary());
    return Program(std::move(arguments), std::move(options)).finish();
}

} // namespace agentcron::support
