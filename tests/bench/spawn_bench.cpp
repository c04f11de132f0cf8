// How many children per second, side by side in one run: a bare vfork and exec, base::spawn, and a
// whole attempt (run directory, shim, agent, spool, exit record read). The ratio to the bare one is
// what an attempt's durability costs; the absolute rates say little on another machine. The CPU
// time, ours and that of everything that was reaped, also means something on a busy machine.
//
//   spawn_bench [children]
#include "base/spawn.hpp"
#include "process/agent_process.hpp"

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <fmt/format.h>
#include <functional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace agentcron;

void bare_vfork() {
    char name[] = "true";
    char* argv[] = {name, nullptr};
    char* env[] = {nullptr};
    const pid_t pid = ::vfork();
    if (pid == 0) {
        ::execve("/bin/true", argv, env);
        ::_exit(127);
    }
    ::waitpid(pid, nullptr, 0);
}

void base_spawn() {
    const auto child = base::spawn({.argv = {"/bin/true"}});
    if (!child || !base::wait(*child, base::Seconds(30))) std::abort();
}

// Keeps `in_flight` attempts going until `attempts` have ended.
class Attempts {
public:
    Attempts(std::filesystem::path root, int attempts, int in_flight)
        : root_(std::move(root)), left_to_start_(attempts), left_to_end_(attempts) {
        for (int i = 0; i < in_flight; ++i) start_next();
    }
    void run() {
        while (left_to_end_ > 0) {
            loop_.run_one();
            finished_.clear();
        }
    }

private:
    void start_next() {
        if (left_to_start_ == 0) return;
        const int number = left_to_start_--;
        process::LaunchSpec spec;
        spec.shim = AGENTCRON_BINARY_DIR "/agentcron-shim";
        spec.run_directory = root_ / std::to_string(number);
        spec.argv = {"/bin/true"};
        spec.working_directory = "/";
        auto slot = running_.insert(running_.end(), nullptr);
        auto launched =
            process::AgentProcess::launch(loop_, spec,
                                          {[] {},
                                           [this, number](const process::ExitRecord& record) {
                                               if (record.exit_code != 0) std::abort();
                                               end(number);
                                           }});
        if (!launched) std::abort();
        *slot = std::move(*launched);
        numbers_.push_back(number);
    }
    void end(int number) {
        for (std::size_t i = 0; i < numbers_.size(); ++i) {
            if (numbers_[i] != number) continue;
            const auto at = static_cast<std::ptrdiff_t>(i);
            finished_.push_back(std::move(running_[i]));
            running_.erase(running_.begin() + at);
            numbers_.erase(numbers_.begin() + at);
            break;
        }
        --left_to_end_;
        start_next();
    }

    std::filesystem::path root_;
    int left_to_start_;
    int left_to_end_;
    boost::asio::io_context loop_;
    std::deque<std::unique_ptr<process::AgentProcess>> running_;
    std::deque<int> numbers_;
    std::vector<std::unique_ptr<process::AgentProcess>> finished_;
};

double cpu_micros() {
    double micros = 0;
    for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
        rusage usage{};
        ::getrusage(who, &usage);
        for (const timeval& time : {usage.ru_utime, usage.ru_stime})
            micros += static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    }
    return micros;
}

struct Cost {
    double per_second;
    double cpu_micros;
};

Cost cost(int children, const std::function<void()>& work) {
    const double cpu_before = cpu_micros();
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    return {children / took.count(), (cpu_micros() - cpu_before) / children};
}

void attempts(int children, int in_flight) {
    std::string root = (std::filesystem::temp_directory_path() / "spawn-bench-XXXXXX").string();
    if (::mkdtemp(root.data()) == nullptr) std::abort();
    Attempts(root, children, in_flight).run();
    std::filesystem::remove_all(root);
}

} // namespace

int main(int argc, char* argv[]) {
    const int children = argc > 1 ? std::atoi(argv[1]) : 2000;
    const auto repeat = [children](void (*once)()) {
        return cost(children, [&] {
            for (int i = 0; i < children; ++i) once();
        });
    };
    const Cost bare = repeat(bare_vfork);
    const auto print = [bare](const std::string& what, const Cost& it) {
        fmt::print("{:<28} {:>8.0f} /s, {:>5.2f} of bare {:>8.0f} us CPU, {:>5.2f} of bare\n", what,
                   it.per_second, it.per_second / bare.per_second, it.cpu_micros,
                   it.cpu_micros / bare.cpu_micros);
    };
    print("bare vfork, one at a time", bare);
    print("base::spawn, one at a time", repeat(base_spawn));
    for (const int in_flight : {1, 4, 16})
        print(fmt::format("attempt, {} in flight", in_flight),
              cost(children, [&] { attempts(children, in_flight); }));
}
