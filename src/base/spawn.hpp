// Starts one child process. The only file that knows Boost.Process; everything else sees a pid and
// a pidfd. Callable from any thread. The child gets exactly the descriptors that were named, every
// signal at its default and unblocked.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace agentcron::base {

// The parent's descriptor `source` appears in the child as `target`; they may be equal.
struct PassedFd {
    int source = -1;
    int target = -1;
};

struct UserIdentity {
    uid_t uid = 0;
    gid_t gid = 0;
};

struct SpawnRequest {
    // argv[0] is the program's path: PATH is not searched.
    std::vector<std::string> argv{};
    // "NAME=value"; nullopt: this process's own.
    std::optional<std::vector<std::string>> env{};
    // 0, 1 and 2 are /dev/null unless named here; all others are closed.
    std::vector<PassedFd> fds{};
    // Entered as `run_as`; empty: this process's own.
    std::string working_directory{};
    bool new_session = false;
    // Supplementary groups are dropped; needs root.
    std::optional<UserIdentity> run_as{};
};

// `stage` is the step that failed: "pipe", "fork", "session", "stdio", "identity", "chdir", "exec"
// or "pidfd". No child is left behind.
struct SpawnError {
    std::string stage;
    int error = 0;               // errno
    std::string message() const; // "exec: No such file or directory (2)"
};

// A child that was not yet waited for. Whoever holds it reaps it, by `wait` or by
// waitid(P_PIDFD); dropping it unreaped leaves a zombie until this process ends.
struct Child {
    pid_t pid = -1;
    UniqueFd pidfd; // close-on-exec; readable when the child has ended
};

Result<Child, SpawnError> spawn(const SpawnRequest& request);

// Exactly one of the two is set.
struct ChildExit {
    std::optional<int> code;
    std::optional<int> signal;
};

// Blocks until the child has ended and reaps it; nullopt if it still runs after `timeout`.
// For simple programs such as initdb; never on the loop thread.
std::optional<ChildExit> wait(const Child& child, Millis timeout);

// pidfd_open(2), close-on-exec; empty with errno set if there is no such process.
UniqueFd open_pidfd(pid_t pid);

// pidfd_send_signal(2); false with errno set if the process has ended or may not be signalled.
bool send_signal(const UniqueFd& pidfd, int signal);

} // namespace agentcron::base
