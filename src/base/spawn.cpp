#include "base/spawn.hpp"

#include "base/check.hpp"
#include "base/signals_blocked.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/process/v2/posix/vfork_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// vfork, because a fork copies the page tables of everything that this process has touched. Several
// steps of Boost.Process v2 (1.81 to 1.83) in the child are unsafe. What is done about it here:
// - its notify_fork makes the reactor of the context anew inside the child, whose descriptors are
//   its own and whose memory is ours: each launch has a context of its own, which has no reactor
//   yet;
// - it leaks inherited descriptors, leaves the child by ::exit (which flushes our stdio buffers),
//   and reports a failed setup as success: our hook does the whole setup and the execve itself,
//   never returns, and reports through its own pipe;
// - its destructor kills and waits: we detach at once and keep our own pidfd.
// Until the execve the child runs in our memory, with our thread waiting: no handler of ours may
// run in it, so signals are blocked until they have their defaults.
namespace agentcron::base {
namespace {

enum class Stage : int { session, stdio, identity, chdir, exec };

constexpr std::array stage_names{"session", "stdio", "identity", "chdir", "exec"};

struct ChildFailure {
    Stage stage;
    int error;
};

// Used by the child in the parent's memory: from vfork to exec only async-signal-safe calls are
// allowed, so every allocation happens before.
struct ChildSetup {
    const SpawnRequest* request = nullptr;
    std::vector<char*> argv;
    std::vector<char*> env;
    std::vector<PassedFd> fds; // scratch: the sources are moved out of the targets' way
    int report_fd = -1;

    template <class Launcher, class Path, class Argv>
    boost::system::error_code on_exec_setup(Launcher&, const Path&, Argv&) {
        run();
    }

    [[noreturn]] void fail(Stage stage) const {
        const ChildFailure failure{stage, errno};
        const auto written = ::write(report_fd, &failure, sizeof failure);
        ::_exit(written == sizeof failure ? 127 : 126);
    }

    [[noreturn]] void run() {
        default_signals();
        if (request->new_session && ::setsid() < 0) fail(Stage::session);
        place_descriptors();
        if (request->run_as) become(*request->run_as);
        if (!request->working_directory.empty() && ::chdir(request->working_directory.c_str()) != 0)
            fail(Stage::chdir);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execve(argv[0], argv.data(), env.data());
        fail(Stage::exec);
    }

    static void default_signals() {
        struct sigaction action = {};
        action.sa_handler = SIG_DFL;
        for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
    }

    void place_descriptors() {
        int free_from = 3;
        for (const PassedFd& fd : fds) free_from = std::max(free_from, fd.target + 1);
        report_fd = ::fcntl(report_fd, F_DUPFD_CLOEXEC, free_from);
        if (report_fd < 0) ::_exit(126);
        for (PassedFd& fd : fds) {
            fd.source = ::fcntl(fd.source, F_DUPFD_CLOEXEC, free_from);
            if (fd.source < 0) fail(Stage::stdio);
        }
        for (int standard = 0; standard <= 2; ++standard) {
            const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
            if (null < 0 || (null != standard && ::dup2(null, standard) < 0)) fail(Stage::stdio);
            if (null > 2) ::close(null);
        }
        for (const PassedFd& fd : fds)
            if (::dup2(fd.source, fd.target) < 0) fail(Stage::stdio);
        // Everything else must go, also what another thread or a library opened without the flag.
        if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) fail(Stage::stdio);
        for (int standard = 0; standard <= 2; ++standard) ::fcntl(standard, F_SETFD, 0);
        for (const PassedFd& fd : fds) ::fcntl(fd.target, F_SETFD, 0);
    }

    // Not by libc, which would want to change all the threads that our memory says there are.
    void become(const UserIdentity& user) const {
        if (::syscall(SYS_setgroups, 0, nullptr) != 0 || ::syscall(SYS_setgid, user.gid) != 0 ||
            ::syscall(SYS_setuid, user.uid) != 0)
            fail(Stage::identity);
    }
};

std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<char*> inherited_environment() {
    std::vector<char*> pointers;
    for (char** entry = environ; *entry != nullptr; ++entry) pointers.push_back(*entry);
    pointers.push_back(nullptr);
    return pointers;
}

void reap(pid_t pid) {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) {
    }
}

// The pid, or the errno as a negative number.
pid_t launch(ChildSetup& setup) {
    const SignalsBlocked blocked;
    boost::asio::io_context without_reactor;
    boost::process::v2::posix::vfork_launcher launcher;
    boost::system::error_code failed;
    try {
        auto process = launcher(without_reactor.get_executor(), failed, setup.argv[0],
                                std::vector<std::string>{}, setup);
        if (!failed) process.detach();
    } catch (const boost::system::system_error& error) {
        failed = error.code(); // it could not open its pidfd: the table of descriptors is full
    }
    if (!failed) return launcher.pid;
    if (launcher.pid > 0) {
        ::kill(launcher.pid, SIGKILL);
        reap(launcher.pid);
    }
    return -failed.value();
}

} // namespace

std::string SpawnError::message() const {
    return fmt::format("{}: {} ({})", stage, std::strerror(error), error);
}

UniqueFd open_pidfd(pid_t pid) {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

bool send_signal(const UniqueFd& pidfd, int signal) {
    return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

Result<Child, SpawnError> spawn(const SpawnRequest& request) {
    AGENTCRON_CHECK(!request.argv.empty(), "nothing to run");
    int report[2];
    if (::pipe2(report, O_CLOEXEC) != 0) return SpawnError{"pipe", errno};
    const UniqueFd report_read(report[0]);
    UniqueFd report_write(report[1]);

    ChildSetup setup;
    setup.request = &request;
    setup.argv = pointers_to(request.argv);
    setup.env = request.env ? pointers_to(*request.env) : inherited_environment();
    setup.fds = request.fds;
    setup.report_fd = report_write.get();
    const pid_t pid = launch(setup);
    if (pid < 0) return SpawnError{"fork", -pid};

    // End of file says that execve closed the pipe, so the program runs.
    report_write.reset();
    ChildFailure failure{};
    ssize_t count = 0;
    while ((count = ::read(report_read.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {
    }
    if (count == sizeof failure) {
        reap(pid);
        return SpawnError{stage_names.at(static_cast<std::size_t>(failure.stage)), failure.error};
    }
    // The pid cannot have been recycled: nobody but us may reap it.
    UniqueFd pidfd = open_pidfd(pid);
    if (!pidfd) {
        const int error = errno;
        ::kill(pid, SIGKILL);
        reap(pid);
        return SpawnError{"pidfd", error};
    }
    return Child{pid, std::move(pidfd)};
}

std::optional<ChildExit> wait(const Child& child, Millis timeout) {
    const auto until = std::chrono::steady_clock::now() + timeout;
    pollfd ended{child.pidfd.get(), POLLIN, 0};
    for (;;) {
        const auto left = std::chrono::ceil<Millis>(until - std::chrono::steady_clock::now());
        const int ready =
            ::poll(&ended, 1, static_cast<int>(std::max<Millis::rep>(0, left.count())));
        if (ready > 0) break;
        if (ready == 0) return std::nullopt;
        AGENTCRON_CHECK(errno == EINTR, "poll on a pidfd: errno {}", errno);
    }
    siginfo_t info{};
    const auto pidfd = static_cast<id_t>(child.pidfd.get());
    const int reaped = ::waitid(static_cast<idtype_t>(P_PIDFD), pidfd, &info, WEXITED);
    AGENTCRON_CHECK(reaped == 0, "waitid of pid {}: errno {}", child.pid, errno);
    if (info.si_code == CLD_EXITED) return ChildExit{info.si_status, std::nullopt};
    return ChildExit{std::nullopt, info.si_status};
}

} // namespace agentcron::base
