// Asks the daemon something from inside an agent: what `agentcron ask` and `agentcron mcp` do. For
// small programs, not for the daemon's loop.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace agentcron::process {

struct AskError {
    enum class Kind {
        not_in_agent, // the environment says nothing of a run
        unreachable,  // the run's socket does not answer
        refused,      // the shim does not take the question; the message says why
        ended,        // the run ended before there was a reply
        timed_out,    // the question is withdrawn by that
    };
    Kind kind{};
    std::string message; // for people
};

// One JSON object (at most 60 KiB) that was sent to the run that this process was started in, until
// the JSON object that is the reply comes. Its end withdraws what was asked.
class PendingAsk {
public:
    static base::Result<PendingAsk, AskError> begin(std::string_view json);
    int fd() const { return socket_.get(); } // readable: there is something to take
    // Reads once; nullopt: the rest of it is to come.
    base::Result<std::optional<std::string>, AskError> take_reply();

private:
    explicit PendingAsk(base::UniqueFd socket) : socket_(std::move(socket)) {}
    base::UniqueFd socket_;
    std::string received_;
};

// The same, waiting for the reply. A timeout withdraws the question.
base::Result<std::string, AskError> ask(std::string_view json,
                                        std::optional<base::Millis> timeout = std::nullopt);

} // namespace agentcron::process
