// Notifications by a program of the user's. It runs beside the loop, which never waits for it; a
// process group of its own lets all of it be ended. Loop thread only.
#pragma once

#include "base/clock.hpp"
#include "notify/delivery.hpp"

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace agentcron::notify {

struct Command {
    std::vector<std::string> argv;        // argv[0] is searched in the PATH of `environment`
    std::vector<std::string> environment; // "NAME=value", all of it
    std::string stdin_text;
};

class CommandRunner {
public:
    explicit CommandRunner(boost::asio::io_context& loop,
                           base::Millis ended_within = base::Seconds(60));
    // Ends the process groups of those that run.
    ~CommandRunner();
    CommandRunner(const CommandRunner&) = delete;
    CommandRunner& operator=(const CommandRunner&) = delete;

    // `then` later, on the loop. Exit code 0 is delivered; of any other the end of its stderr is
    // the error. What it leaves in the background is left alone, unless its time is over.
    void run(const Command& command, std::function<void(TryResult)> then);

private:
    class Run;
    void finished(const std::shared_ptr<Run>& run, TryResult result);

    boost::asio::io_context& loop_;
    const base::Millis ended_within_;
    std::set<std::shared_ptr<Run>> runs_;
};

} // namespace agentcron::notify
