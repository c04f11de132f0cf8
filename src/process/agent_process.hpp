// One attempt's shim as the daemon sees it: launched, followed through its spool, fed through its
// socket, its end learnt by pidfd. Owned by the engine's attempt; every call and callback is on the
// loop thread. Nothing here blocks for longer than a local file operation.
#pragma once

#include "base/result.hpp"
#include "process/cgroup.hpp"
#include "process/exit_record.hpp"
#include "process/frame.hpp"

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace agentcron::process {

// Everything a shim needs to know; it gets this once, through an unnamed file, so neither argv nor
// the disk ever holds a secret of the environment.
struct LaunchSpec {
    std::filesystem::path shim;          // the agentcron-shim binary
    std::filesystem::path run_directory; // made 0700 by the launch; must not exist yet
    std::vector<std::string> argv;       // the agent; argv[0] is searched in the PATH of `env`
    std::vector<std::string> env;        // "NAME=value"; the whole environment, nothing inherited
    std::filesystem::path working_directory;
    struct File {
        std::string name;
        std::string bytes;
    };
    std::vector<File> files{};     // put into the run directory first, 0600
    std::string stdin_bytes;       // written to the agent's stdin first
    bool stdin_stays_open = false; // false: stdin closes after stdin_bytes
    base::Seconds deadline{0};     // hard limit of the attempt's life; 0 = none
    base::Millis grace{5000};      // SIGTERM to SIGKILL when the deadline or the cap hits
    std::uint64_t output_bytes_max = 256ull << 20; // stdout + stderr + fd 3; 0 = any number
    WhenFull when_full = WhenFull::kill;           // what happens beyond that
    Resources resources{}; // what it and all that it starts may use together
    // It has a control group of its own; so has one whose resources are limited in any case.
    bool in_cgroup = false;
    bool needs_cgroup() const { return in_cgroup || resources.any(); }
};

// The daemon's side failed before there was a shim.
struct LaunchError {
    // "run_directory", "file", "cgroup", "exit", "spool", "socket", "spec", "descriptors", "watch",
    // "spawn", "adopt"
    std::string stage;
    int error = 0;               // errno
    std::string path;            // what it was about
    std::string message() const; // "spawn: No such file or directory (2): /usr/lib/agentcron-shim"
};

class AgentProcess {
public:
    // Both must be set. They come from the loop, never from inside a call, and may destroy the
    // process they are about.
    struct Events {
        std::function<void()> readable; // the spool may hold more than was read
        // Once, and nothing after it. The spool is complete, but not yet read to its end: read on
        // until `read` is empty.
        std::function<void(const ExitRecord&)> exited;
    };

    // Starts the shim. Failures of the agent itself (chdir, exec ...) come as an ExitRecord whose
    // stage says so; a shim that vanished without a record gives stage `lost`. Destroying the
    // result leaves the shim and its agent running, to be adopted.
    static base::Result<std::unique_ptr<AgentProcess>, LaunchError>
    launch(boost::asio::io_context& loop, const LaunchSpec& spec, Events events);

    // Takes over the living shim of a run directory that an earlier daemon left, or what is left of
    // it: a finished run gives its record, one whose shim was killed gives `lost` and has its agent
    // killed. Reading starts at spool offset `read_from`: 0, or a frame's `offset + bytes.size()`.
    // All that earlier daemons fed and that reached the shim stands in the spool when this returns,
    // so who reads until `read` is empty has seen it as Stream::in (not so with shims of version
    // 1). Error ENOENT: no run is there; EPROTO: its shim is newer than this daemon; ETIMEDOUT: its
    // shim is stopped, or waits for space on the disk (only then does this block, for a second).
    static base::Result<std::unique_ptr<AgentProcess>, LaunchError>
    adopt(boost::asio::io_context& loop, const std::filesystem::path& run_directory,
          std::uint64_t read_from, Events events);

    virtual ~AgentProcess() = default;

    // The next whole frames, at most about bytes_max payload bytes; empty when caught up. Frames
    // stay readable after `exited`. The caller reads only as fast as it can store: that is the
    // back-pressure, the rest waits on disk.
    virtual std::vector<Frame> read(std::size_t bytes_max) = 0;
    // To the agent's stdin, in order, any size; recorded as Stream::in first.
    virtual void feed(std::string_view bytes) = 0;
    virtual void close_stdin() = 0; // after everything that was fed
    // The shim's hard deadline, counted anew from now; 0 = none.
    virtual void set_deadline(base::Millis from_now) = 0;
    // The shim ends its agent with `grace`, unless this comes again in time; 0 = never. It
    // overtakes what was fed. (A shim of version 1 does not hear it.)
    virtual void set_lease(base::Millis from_now, base::Millis grace) = 0;
    // Under WhenFull::block: everything before that offset, a frame's `offset + bytes.size()`, is
    // stored for good.
    virtual void stored(std::uint64_t offset) = 0;
    // Answers one open ask (its "id" member) with one JSON object, and ends that connection. One
    // longer than wire::ask_bytes_max (60 KiB) is replaced by an object with only "error". Nothing
    // happens if the ask was withdrawn or answered: there is no Stream::reply frame then.
    virtual void reply(std::string_view ask_id, std::string_view json) = 0;
    // SIGTERM to the agent's group, and after the grace SIGKILL to the whole tree. Overtakes what
    // was fed. Said again, the earlier end counts.
    virtual void terminate(base::Millis grace) = 0;
    virtual void kill() = 0; // SIGKILL to the whole tree at once
    virtual pid_t shim_pid() const = 0;
};

} // namespace agentcron::process
