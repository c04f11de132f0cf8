#include "process/run_fixture.hpp"

#include "base/read_file.hpp"
#include "base/spawn.hpp"

#include <cstdlib>
#include <fstream>
#include <poll.h>

namespace agentcron::process {

RunFixture::RunFixture(const std::string& name) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "agentcron-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root = pattern;
    std::filesystem::create_directories((root / name).parent_path());
    run_directory = root / name;
}

RunFixture::~RunFixture() {
    // What a failed case left running must not outlive it.
    if (process && !exited) process->kill();
    process.reset();
    std::error_code ignored;
    std::filesystem::remove_all(root, ignored);
}

LaunchSpec RunFixture::spec(std::vector<std::string> argv) const {
    LaunchSpec spec;
    spec.shim = AGENTCRON_BINARY_DIR "/agentcron-shim";
    spec.run_directory = run_directory;
    spec.argv = std::move(argv);
    spec.env = {"PATH=/usr/local/bin:/usr/bin:/bin"};
    spec.working_directory = root;
    spec.deadline = base::Seconds(120);
    return spec;
}

base::Result<std::unique_ptr<AgentProcess>, LaunchError>
RunFixture::try_launch(const LaunchSpec& spec) {
    return AgentProcess::launch(loop, spec, events());
}

void RunFixture::launch(const LaunchSpec& spec) {
    auto launched = try_launch(spec);
    if (!launched) FAIL(launched.error().message());
    process = std::move(*launched);
}

void RunFixture::adopt(std::uint64_t read_from) {
    auto adopted = AgentProcess::adopt(loop, run_directory, read_from, events());
    if (!adopted) FAIL(adopted.error().message());
    process = std::move(*adopted);
}

const ExitRecord& RunFixture::finish() {
    until([this] { return exited.has_value(); });
    read_all();
    return *exited;
}

void RunFixture::until_output(const std::string& part) {
    until([&] { return text(Stream::out).find(part) != std::string::npos; });
}

std::string RunFixture::nth_frame(Stream stream, std::size_t n) {
    std::string bytes;
    until([&] {
        std::size_t seen = 0;
        for (const Frame& frame : frames) {
            if (frame.stream != stream || seen++ != n) continue;
            bytes = frame.bytes;
            return true;
        }
        return false;
    });
    return bytes;
}

std::string RunFixture::text(Stream stream) const {
    std::string bytes;
    for (const Frame& frame : frames)
        if (frame.stream == stream) bytes += frame.bytes;
    return bytes;
}

AgentProcess::Events RunFixture::events() {
    return {[this] { read_all(); },
            [this](const ExitRecord& record) {
                REQUIRE_FALSE(exited);
                exited = record;
            }};
}

void RunFixture::read_all() {
    if (!process) return;
    for (;;) {
        auto more = process->read(1 << 20);
        if (more.empty()) return;
        std::size_t bytes = 0;
        for (Frame& frame : more) {
            bytes += frame.bytes.size();
            if (keep_frames) frames.push_back(std::move(frame));
        }
        bytes_read += bytes;
        longest_read = std::max(longest_read, bytes);
    }
}

std::vector<pid_t> processes_of(const std::filesystem::path& run_directory) {
    std::vector<pid_t> pids;
    const std::string variable = "AGENTCRON_SOCKET=" + (run_directory / "sock").string();
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const pid_t pid = std::atoi(entry.path().filename().c_str());
        if (pid <= 0 || !is_alive(pid)) continue;
        const auto variables = base::read_file(entry.path() / "environ").value_or("");
        if (variables.find(variable) != std::string::npos) pids.push_back(pid);
    }
    return pids;
}

long status_kib(pid_t pid, const std::string& field) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(file, line);)
        if (line.rfind(field + ":", 0) == 0) return std::stol(line.substr(field.size() + 1));
    return -1;
}

std::string lines(int count) {
    std::string text;
    for (int i = 1; i <= count; ++i) text += std::to_string(i) + "\n";
    return text;
}

bool is_alive(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string stat;
    std::getline(file, stat);
    const std::size_t name_end = stat.rfind(')');
    return name_end != std::string::npos && stat.at(name_end + 2) != 'Z';
}

bool await_death(pid_t pid) {
    const base::UniqueFd pidfd = base::open_pidfd(pid);
    if (!pidfd) return true;
    pollfd ended{pidfd.get(), POLLIN, 0};
    return ::poll(&ended, 1, 30'000) > 0;
}

} // namespace agentcron::process
