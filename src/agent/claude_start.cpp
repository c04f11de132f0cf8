// How a process of Claude Code begins; claude_driver.cpp has the rest.
#include "agent/claude_driver.hpp"

#include "agent/ahead.hpp"
#include "agent/messages.hpp"
#include "agent/own_server.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace {

constexpr const char* go_on = "Go on with your task.";

// What the earlier leg asked by `agentcron ask`: Claude knows nothing of it but that its command
// was cut short.
std::string told(const std::vector<Brief::Answered>& answers) {
    std::string text;
    for (const auto& one : answers) {
        text += fmt::format("You asked: {}\n", one.question);
        text += one.expired ? std::string("Nobody answered in time. Go on without an answer.\n\n")
                            : fmt::format("The person answered: {}\n\n", one.answer);
    }
    return text + go_on;
}

} // namespace

std::optional<Start> ClaudeDriver::start_ahead(const Setting& setting) {
    Start start{.stdin_bytes = claude::initialize_line(setting.ask_before),
                .stdin_stays_open = true,
                .env = {}};
    start.arguments = own_server::claude_arguments(setting.mcp_server);
    start.arguments.insert(start.arguments.end(),
                           {"-p", "--input-format", "stream-json", "--output-format", "stream-json",
                            "--verbose", "--permission-prompt-tool", "stdio"});
    return start;
}

// A session that is resumed is named among the arguments.
std::optional<Feed> ClaudeDriver::begin(const Brief& brief) {
    if (brief.resumes() || !brief.answers.empty()) return std::nullopt;
    conversation_.begin(brief);
    Feed feed;
    feed.stdin_bytes = watch_cost(brief) + claude::user_line(brief.prompt);
    return feed;
}

// What the session had cost before is asked first.
std::string ClaudeDriver::watch_cost(const Brief& brief) {
    watches_cost_ = brief.watch_cost;
    return watches_cost_ ? claude::cost_line() : "";
}

Start ClaudeDriver::start(const Brief& brief) {
    conversation_.begin(brief);
    auto start = *start_ahead(setting_of(brief));
    start.stdin_bytes += watch_cost(brief);
    resumes_ = brief.resumes();
    stored_ = brief.answers;
    if (!resumes_) {
        const auto words = brief.answers.empty() ? "" : "\n\n" + told(brief.answers);
        start.stdin_bytes += claude::user_line(brief.prompt + words);
        return start;
    }
    start.arguments.insert(start.arguments.end(), {"--resume", brief.session_id});
    const bool asked_itself =
        std::any_of(brief.answers.begin(), brief.answers.end(),
                    [](const auto& one) { return !was_asked_on_the_side(one); });
    if (brief.was_limited) {
        // The turn has ended: the call that was answered is part of the session.
        start.stdin_bytes += claude::user_line(asked_itself ? go_on : told(brief.answers));
    } else if (asked_itself) {
        // For a process that was killed with its request open; a call that was deferred needs none.
        start.env.push_back("CLAUDE_CODE_RESUME_INTERRUPTED_TURN=1");
    } else {
        start.stdin_bytes +=
            claude::user_line(brief.answers.empty() ? brief.prompt : told(brief.answers));
    }
    return start;
}

} // namespace agentcron::agent
