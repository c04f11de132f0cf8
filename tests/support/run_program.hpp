// Runs the real binary: arguments and stdin in, output and exit code out; daemons in the background
// are ended with the case.
#pragma once

#include "base/clock.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agentcron::support {

// A directory of the case's own, gone with it; others may pass through (0755).
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::filesystem::path& path() const { return path_; }
    // Writes a file below it, with its parents; gives its path.
    std::filesystem::path write(const std::string& name, std::string_view text) const;

private:
    std::filesystem::path path_;
};

struct ProgramOptions {
    std::vector<std::pair<std::string, std::string>> environment; // besides PATH, LC_ALL and TZ=UTC
    std::string stdin_text;
    std::filesystem::path working_directory; // "" = the test's
};

struct Finished {
    std::optional<int> exit_code; // nullopt: ended by a signal, or killed after the time was over
    std::string out;
    std::string err;
};

// One process in the background; its output is read all the time.
class Program {
public:
    Program(std::vector<std::string> argv, ProgramOptions options);
    // SIGINT, so that a daemon ends its agents too, and SIGKILL if that takes more than 20 s.
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    pid_t pid() const;
    void signal(int number);
    // Whether the text was written to stdout or stderr so far, or is within the time.
    bool wait_for_output(const std::string& text, base::Millis within = base::Seconds(30));
    // Waits for its end; past the time it is killed.
    Finished finish(base::Millis within = base::Seconds(60));
    std::string out() const;
    std::string err() const;

private:
    class Running;
    std::unique_ptr<Running> running_;
};

// The binary of this build, and a run of it.
std::filesystem::path agentcron_binary();
Finished run_agentcron(std::vector<std::string> arguments, ProgramOptions options = {});

} // namespace agentcron::support
