#include "base/unique_fd.hpp"
#include "cli/commands.hpp"
#include "mcp/server.hpp"
#include "process/ask_client.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <map>
#include <memory>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <system_error>
#include <unistd.h>

namespace agentcron::cli {
namespace {

// Far below the minute after which clients that limit their calls give up.
constexpr int progress_every_ms = 10'000;
// Of a client that never ends its line.
constexpr std::size_t line_bytes_max = 16u << 20;

constexpr const char* outside =
    "This tool works only inside a task of agentcron, which sets AGENTCRON_SOCKET and "
    "AGENTCRON_ASK_TOKEN for its agent; this MCP server was started without them. Go on without "
    "it. (Whoever set this up: give the agent `mcp: true` in agentcron's YAML, or pass both "
    "variables on to the server.)";
constexpr const char* ended =
    "Nobody has answered yet, and agentcron ends this process while the question stays open. Stop "
    "now: the task goes on when there is an answer.";

std::string words_of(const process::AskError& error) {
    using Kind = process::AskError::Kind;
    switch (error.kind) {
    case Kind::not_in_agent: return outside;
    case Kind::ended: return ended;
    case Kind::unreachable: return "agentcron does not answer: " + error.message;
    case Kind::refused: return "agentcron refused this: " + error.message;
    case Kind::timed_out: break;
    }
    return error.message;
}

// stdin and stdout of one client. Nothing else may be written to stdout.
class McpLoop {
public:
    // Until the client closes stdin, or does not read any more.
    int run() {
        while (is_open_) {
            auto polled = descriptors();
            const int count =
                ::poll(polled.data(), polled.size(), server_.has_calls() ? progress_every_ms : -1);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw std::system_error(errno, std::generic_category(), "poll");
            if (count == 0) act_on(server_.time_passed());
            for (std::size_t i = 1; i < polled.size(); ++i)
                if (polled[i].revents != 0) hear_run(calls_polled_[i - 1]);
            if (polled[0].revents != 0) hear_client();
        }
        return 0;
    }

private:
    std::vector<pollfd> descriptors() {
        std::vector<pollfd> polled{{STDIN_FILENO, POLLIN, 0}};
        calls_polled_.clear();
        for (const auto& [call, ask] : asks_) {
            polled.push_back({ask.fd(), POLLIN, 0});
            calls_polled_.push_back(call);
        }
        return polled;
    }

    void hear_client() {
        char bytes[64 * 1024];
        const auto size = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
        if (size <= 0) {
            is_open_ = false;
            return;
        }
        unread_.append(bytes, static_cast<std::size_t>(size));
        std::size_t begin = 0;
        for (auto end = unread_.find('\n'); end != std::string::npos;
             end = unread_.find('\n', begin)) {
            const auto line = std::string_view(unread_).substr(begin, end - begin);
            if (line.find_first_not_of(" \t\r") != std::string_view::npos)
                act_on(server_.receive(line));
            begin = end + 1;
        }
        unread_.erase(0, begin);
        if (unread_.size() > line_bytes_max)
            throw std::runtime_error("a line of the client is longer than 16 MiB");
    }

    void hear_run(std::int64_t call) {
        const auto found = asks_.find(call);
        if (found == asks_.end()) return; // given up meanwhile
        const auto reply = found->second.take_reply();
        if (reply && !*reply) return; // the rest of it is to come
        asks_.erase(found);
        act_on(reply ? server_.replied(call, **reply)
                     : server_.failed(call, words_of(reply.error())));
    }

    void act_on(const mcp::Outcome& outcome) {
        write_lines(outcome.lines);
        for (const auto call : outcome.given_up) asks_.erase(call); // takes the question back
        for (const auto& message : outcome.messages) {
            auto ask = process::PendingAsk::begin(message.json);
            if (ask)
                asks_.emplace(message.call, std::move(*ask));
            else
                act_on(server_.failed(message.call, words_of(ask.error())));
        }
    }

    void write_lines(std::string_view lines) {
        while (!lines.empty() && is_open_) {
            const auto count = ::write(STDOUT_FILENO, lines.data(), lines.size());
            if (count < 0 && errno == EINTR) continue;
            if (count < 0)
                is_open_ = false;
            else
                lines.remove_prefix(static_cast<std::size_t>(count));
        }
    }

    mcp::Server server_;
    std::map<std::int64_t, process::PendingAsk> asks_;
    std::vector<std::int64_t> calls_polled_;
    std::string unread_;
    bool is_open_ = true;
};

} // namespace

void add_mcp(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Inside an agent", "mcp",
        "Serve the Model Context Protocol on stdin and stdout: ask_person, report_progress, "
        "finish_with_result",
        "  claude mcp add agentcron -- agentcron mcp\n"
        "  agentcron mcp < requests.jsonl    one JSON-RPC message a line\n");
    set_action(command, invocation, [] {
        std::signal(SIGPIPE, SIG_IGN);
        return McpLoop().run();
    });
}

} // namespace agentcron::cli
