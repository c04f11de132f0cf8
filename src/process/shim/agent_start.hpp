// Makes the agent's pipes and starts it.
#pragma once

#include "process/spec_view.hpp"

#include <sys/types.h>

namespace agentcron::shim {

// The shim's ends of the pipes, non-blocking and close-on-exec.
struct AgentPipes {
    int to_stdin = -1;
    int from_stdout = -1;
    int from_stderr = -1;
    int from_events = -1;
};

struct StartedAgent {
    pid_t pid = -1; // also its process group and its session
    AgentPipes pipes;
    const char* failed_stage = nullptr; // "pipe", "fork", "cgroup", "chdir" or "exec"
    int error = 0;
};

// Runs the agent in a session of its own, every signal at its default and unblocked, with
// descriptors 0 to 3 only. On failure nothing is left running.
StartedAgent start_agent(const process::SpecView& spec);

} // namespace agentcron::shim
