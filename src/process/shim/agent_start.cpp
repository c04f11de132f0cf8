#include "process/shim/agent_start.hpp"

#include "process/shim/agent_cgroup.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <initializer_list>
#include <sys/wait.h>
#include <unistd.h>

namespace agentcron::shim {
namespace {

struct ChildEnds {
    int fds[4] = {-1, -1, -1, -1}; // what becomes 0, 1, 2 and 3
};

// What a child that could not become the agent writes to a pipe that closes on exec. (It shares our
// memory until then, but a compiler need not believe that it does.)
struct ChildFailure {
    int stage; // of child_stages
    int error;
};
constexpr const char* child_stages[] = {"chdir", "exec", "cgroup"};

bool make_pipe(int& ours, int& childs, bool child_reads) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    ours = ends[child_reads ? 1 : 0];
    childs = ends[child_reads ? 0 : 1];
    return ::fcntl(ours, F_SETFL, O_NONBLOCK) == 0;
}

bool make_pipes(AgentPipes& pipes, ChildEnds& child) {
    return make_pipe(pipes.to_stdin, child.fds[0], true) &&
           make_pipe(pipes.from_stdout, child.fds[1], false) &&
           make_pipe(pipes.from_stderr, child.fds[2], false) &&
           make_pipe(pipes.from_events, child.fds[3], false);
}

void close_pipes(const AgentPipes& pipes) {
    for (const int fd : {pipes.to_stdin, pipes.from_stdout, pipes.from_stderr, pipes.from_events})
        if (fd >= 0) ::close(fd);
}

// NULL-terminated; lives as long as this process.
char** pointers_to(char* first, std::uint32_t count) {
    auto** pointers = static_cast<char**>(std::calloc(count + 1, sizeof(char*)));
    if (pointers == nullptr) std::abort();
    for (std::uint32_t i = 0; i < count; ++i, first = process::next_string(first))
        pointers[i] = first;
    return pointers;
}

[[noreturn]] void become_agent(const process::SpecView& spec, char** argv, const ChildEnds& ends,
                               int report) {
    ::setsid();
    // Our own descriptors stand at 3 to 5 and close on exec; the pipes were made later, so none of
    // them can be in the way of another.
    for (int target = 0; target < 4; ++target) ::dup2(ends.fds[target], target);
    ChildFailure failure{0, 0};
    if (spec.header.in_cgroup != 0 && (errno = join_cgroup()) != 0) {
        failure.stage = 2;
    } else if (::chdir(spec.working_directory) == 0) {
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execvp(argv[0], argv);
        failure.stage = 1;
    }
    failure.error = errno;
    const ssize_t written = ::write(report, &failure, sizeof failure);
    ::_exit(written == sizeof failure ? 127 : 126);
}

// Fills in the pid, or the stage that failed.
void start_child(const process::SpecView& spec, const ChildEnds& ends, StartedAgent& agent) {
    char** argv = pointers_to(spec.first_argument, spec.header.argument_count);
    // execvp searches the PATH of `environ`; the shim itself has no use for an environment.
    environ = pointers_to(spec.first_variable, spec.header.environment_count);
    int report[2];
    agent.failed_stage = "pipe";
    if (::pipe2(report, O_CLOEXEC) != 0) {
        agent.error = errno;
        return;
    }
    agent.failed_stage = nullptr;
    agent.pid = ::vfork();
    if (agent.pid == 0) become_agent(spec, argv, ends, report[1]);
    if (agent.pid < 0) {
        agent.failed_stage = "fork";
        agent.error = errno;
    }
    ::close(report[1]);
    ChildFailure failure;
    if (agent.pid > 0 && ::read(report[0], &failure, sizeof failure) == sizeof failure) {
        agent.failed_stage = child_stages[failure.stage];
        agent.error = failure.error;
        ::waitpid(agent.pid, nullptr, 0);
        agent.pid = -1;
    }
    ::close(report[0]);
}

} // namespace

StartedAgent start_agent(const process::SpecView& spec) {
    StartedAgent agent;
    ChildEnds ends;
    if (!make_pipes(agent.pipes, ends)) {
        agent.failed_stage = "pipe";
        agent.error = errno;
        close_pipes(agent.pipes);
        return agent;
    }
    start_child(spec, ends, agent);
    for (const int fd : ends.fds) ::close(fd);
    if (agent.failed_stage != nullptr) close_pipes(agent.pipes);
    return agent;
}

} // namespace agentcron::shim
