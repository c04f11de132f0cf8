// agentcron-shim: the tiny process that holds one attempt. It owns the agent's pipes, so daemons
// come and go without the agent noticing. Started by process/launcher.cpp, which hands it
// everything through descriptors (wire.hpp); it takes no options and speaks to nobody else.
//
// Static and without the C++ library's run time: 50 of them idle in 3 MB, and start in 0.1 ms.
#include "process/shim/clocks.hpp"
#include "process/shim/state_files.hpp"
#include "process/shim/supervisor.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <initializer_list>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace {

using namespace agentcron;
namespace wire = process::wire;

// Signals are taken by descriptor, and an agent must not be ended by one that was meant for us.
void block_signals() {
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

int read_spec(process::SpecView& spec) {
    wire::SpecHeader header;
    char bytes[sizeof header];
    const ssize_t size = ::pread(wire::spec_fd, bytes, sizeof bytes, 0);
    if (size < 0) return errno;
    const int wrong = process::read_spec_header(bytes, static_cast<std::size_t>(size), header);
    if (wrong != 0) return wrong;
    // Never freed: the agent's arguments and environment are used in place.
    auto* strings = static_cast<char*>(std::malloc(header.strings_bytes));
    if (strings == nullptr) return ENOMEM;
    for (std::uint64_t done = 0; done < header.strings_bytes;) {
        const ssize_t count = ::pread(wire::spec_fd, strings + done, header.strings_bytes - done,
                                      static_cast<off_t>(header.header_bytes + done));
        if (count <= 0) return count < 0 ? errno : EINVAL;
        done += static_cast<std::uint64_t>(count);
    }
    return process::read_spec_strings(strings, header, spec);
}

void run(process::ExitText& exit) {
    process::SpecView spec;
    exit.stage = "spec";
    if ((exit.error = read_spec(spec)) != 0) return;
    exit.stage = "spool";
    struct stat spool {};
    if (::fstat(wire::spool_fd, &spool) != 0) {
        exit.error = errno;
        return;
    }
    exit.stage = "ran";
    shim::Supervisor supervisor(spec, spec.header.header_bytes + spec.header.strings_bytes,
                                static_cast<std::uint64_t>(spool.st_size));
    supervisor.run(exit);
}

} // namespace

int main() {
    if (::fchdir(wire::directory_fd) != 0) {
        std::fputs("agentcron-shim is started by agentcron, not by hand\n", stderr);
        return 2;
    }
    block_signals();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (const int fd : {wire::spool_fd, wire::directory_fd, wire::listener_fd})
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    process::ExitText exit;
    exit.started_micros = shim::wall_clock_micros();
    run(exit);
    exit.ended_micros = shim::wall_clock_micros();
    shim::write_exit(exit);
    return 0;
}
