// Runs real shims with real agents and collects what they did. Each fixture has a directory of its
// own below the temporary directory and removes it; every wait has a limit.
#pragma once

#include "process/agent_process.hpp"
#include "process/run_directory.hpp"
#include "support/catch.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <optional>

namespace agentcron::process {

class RunFixture {
public:
    // `name` becomes part of the path.
    explicit RunFixture(const std::string& name = "run");
    ~RunFixture();

    LaunchSpec spec(std::vector<std::string> argv) const;
    LaunchSpec shell(const std::string& script) const { return spec({"/bin/sh", "-c", script}); }

    // Launches; the test fails if that does.
    void launch(const LaunchSpec& spec);
    void adopt(std::uint64_t read_from);
    base::Result<std::unique_ptr<AgentProcess>, LaunchError> try_launch(const LaunchSpec& spec);
    // Forgets the process as a daemon that crashes would.
    void drop() { process.reset(); }

    // Runs the loop until it holds; the test fails if it does not within the limit.
    template <class Condition>
    void until(Condition holds) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!holds()) {
            const auto now = std::chrono::steady_clock::now();
            if (now >= limit)
                FAIL("nothing came within the limit; stdout so far: " + text(Stream::out));
            loop.restart();
            loop.run_one_for(limit - now);
        }
    }
    // Waits for the end and reads everything.
    const ExitRecord& finish();
    void until_output(const std::string& part);
    // Waits for the n-th (from 0) frame of a stream and gives its bytes.
    std::string nth_frame(Stream stream, std::size_t n);

    std::string text(Stream stream) const;

    boost::asio::io_context loop;
    std::filesystem::path root;          // of this fixture
    std::filesystem::path run_directory; // of the next launch
    std::unique_ptr<AgentProcess> process;
    bool keep_frames = true;      // false: only their bytes are counted
    std::uint64_t bytes_read = 0; // payload, of all streams
    std::size_t longest_read = 0; // payload bytes of one call of read
    std::vector<Frame> frames;
    std::optional<ExitRecord> exited;

private:
    AgentProcess::Events events();
    void read_all();
};

// Numbered lines, so that nothing can be taken for something else.
std::string lines(int count);

// Whether a process exists and is no zombie.
bool is_alive(pid_t pid);

// The living processes whose environment names this run: what its agent left.
std::vector<pid_t> processes_of(const std::filesystem::path& run_directory);

// A field of /proc/PID/status in KiB, e.g. "VmHWM".
long status_kib(pid_t pid, const std::string& field);

// Blocks until the process with this pid has ended, by a pidfd; false after the limit.
bool await_death(pid_t pid);

} // namespace agentcron::process
