// `tests_telling_agent DIRECTORY`: an agent that writes down what it does where nothing of
// agentcron comes: lines of a file of its attempt in DIRECTORY, each by one write, with the
// monotonic time in microseconds. tests/chaos/account.hpp reads them. A line of output is told
// before it is written.
//
// Its prompt says what to do, in words: lines=FROM-TO pause=FROM-TO (milliseconds, before each
// line) bytes=N (more of each line) exit=CODE fail=PERCENT ask=1 until=PREFIX (in the midst it
// waits for the file PREFIX with TASK.RUN behind it). What is left to chance follows from its task
// and attempt.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <poll.h>
#include <random>
#include <spdlog/fmt/fmt.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

// "TASK.RUN" of the run directory TASK.RUN.TOKEN, in which the socket is.
std::string run_name() {
    std::string path = variable("AGENTCRON_SOCKET");
    path.resize(std::min(path.size(), path.rfind('/')));
    const auto name = path.substr(path.rfind('/') + 1);
    return name.substr(0, name.find('.', name.find('.') + 1));
}

class Account {
public:
    explicit Account(const std::string& path)
        : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {}
    void tell(const std::string& what) const {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        write_all(fd_, fmt::format("{} {}\n", now.tv_sec * 1'000'000 + now.tv_nsec / 1000, what));
    }
    static void write_all(int fd, const std::string& text) {
        if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
            ::_exit(70); // nobody reads any more, or the disk is full
    }

private:
    int fd_;
};

class Agent {
public:
    Agent(const std::string& directory, std::map<std::string, std::string> wishes)
        : run_(run_name())
        , account_(directory + "/" + run_)
        , wishes_(std::move(wishes))
        , random_(std::hash<std::string>()(run_)) {}

    int work() {
        account_.tell(fmt::format("start {} {}", ::getpid(), variable("AGENTCRON_ATTEMPT")));
        const auto lines = between("lines", "1-5");
        for (long i = 0; i < lines / 2; ++i) say(i);
        if (wishes_.contains("ask") && !ask()) return leave(75);
        const auto until = wishes_.find("until");
        while (until != wishes_.end() && ::access((until->second + run_).c_str(), F_OK) != 0)
            ::poll(nullptr, 0, 20);
        for (long i = lines / 2; i < lines; ++i) say(i);
        const auto chance = static_cast<long>(random_() % 100);
        if (chance < between("fail", "0-0")) return leave(3);
        return leave(static_cast<int>(between("exit", "0-0")));
    }

private:
    // Of the word "NAME=FROM-TO" or "NAME=VALUE".
    long between(const std::string& name, const std::string& otherwise) {
        const auto found = wishes_.find(name);
        const auto text = found == wishes_.end() ? otherwise : found->second;
        const auto from = std::atol(text.c_str());
        const auto dash = text.find('-');
        const auto to = dash == std::string::npos ? from : std::atol(text.c_str() + dash + 1);
        return from + static_cast<long>(random_() % static_cast<unsigned long>(to - from + 1));
    }

    void say(long number) {
        if (const auto pause = between("pause", "5-50"))
            ::poll(nullptr, 0, static_cast<int>(pause));
        const bool is_error = number % 10 == 9;
        const std::string more(static_cast<std::size_t>(between("bytes", "8")), 'x');
        const auto line = fmt::format("{}.{} {}", run_, number, more);
        account_.tell((is_error ? "err " : "out ") + line);
        Account::write_all(is_error ? 2 : 1, line + "\n");
    }

    // False: it is to leave, and to be started again with the answer.
    bool ask() {
        if (const auto given = variable("AGENTCRON_ANSWER"); !given.empty()) {
            account_.tell("answer " + given);
            return true;
        }
        account_.tell("ask");
        const auto command =
            "agentcron ask 'question of " + variable("AGENTCRON_TASK_ID") + "' 2>/dev/null";
        FILE* pipe = ::popen(command.c_str(), "r");
        std::array<char, 4096> bytes{};
        const auto count = std::fread(bytes.data(), 1, bytes.size(), pipe);
        const int status = ::pclose(pipe);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return false;
        std::string answer(bytes.data(), count);
        if (answer.ends_with('\n')) answer.pop_back();
        account_.tell("answer " + answer);
        return true;
    }

    int leave(int code) {
        account_.tell(fmt::format("exit {}", code));
        return code;
    }

    const std::string run_;
    const Account account_;
    const std::map<std::string, std::string> wishes_;
    std::mt19937_64 random_;
};

} // namespace

int main(int, char* argv[]) {
    std::map<std::string, std::string> wishes;
    std::string word;
    while (std::cin >> word) {
        const auto equals = word.find('=');
        if (equals != std::string::npos) wishes[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return Agent(argv[1], std::move(wishes)).work();
}
