#include "agent/codex_end.hpp"

#include "agent/messages.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::codex {
namespace {

// The last line, if it asks something; else "".
std::string closing_question(std::string_view message) {
    message = base::trim(message);
    if (!message.ends_with('?') && !message.ends_with("\uFF1F")) return "";
    return base::one_line(message.substr(message.find_last_of("\r\n") + 1), headline_bytes_max);
}

// What people should know of an attempt that ended well.
std::string warning(const Remains& remains) {
    std::vector<std::string> warnings;
    if (!remains.session_lost.empty())
        warnings.push_back("began a new conversation, the earlier one did not open: " +
                           remains.session_lost);
    if (!remains.declined.empty()) {
        warnings.push_back("declined without a person: " + remains.declined.front());
        if (remains.declined.size() > 1)
            warnings.back() += fmt::format(" and {} more", remains.declined.size() - 1);
    }
    if (const auto asked = closing_question(remains.end->words); !asked.empty())
        warnings.push_back("ended with a question: " + asked);
    return fmt::format("{}", fmt::join(warnings, "; "));
}

} // namespace

Result result_of(const End& end) {
    if (end.how == End::How::completed)
        return {true, boost::json::serialize(boost::json::string(end.words)),
                base::one_line(end.words, headline_bytes_max)};
    const auto words = end.how == End::How::interrupted ? "the turn was interrupted" : end.words;
    return {false, "", base::one_line(words, headline_bytes_max)};
}

Verdict verdict_on(const Remains& remains, const Conversation& conversation, const Exit& exit) {
    const auto& end = remains.end;
    // Its own word says more than the exit code that follows it.
    if (end && end->how == End::How::failed && !exit.signal)
        return because_of(end->limit, {Verdict::Kind::failed, "exit_code", end->words});
    if (auto verdict = conversation.verdict_against_success(exit)) {
        if (!remains.last_error.empty() && verdict->kind == Verdict::Kind::failed)
            verdict->message += fmt::format("; codex said: {}", remains.last_error);
        return *verdict;
    }
    if (!end) {
        auto message = fmt::format("exited with code {} before its turn was complete", *exit.code);
        if (!remains.last_error.empty())
            message += fmt::format("; codex said: {}", remains.last_error);
        return {Verdict::Kind::failed, "protocol", std::move(message)};
    }
    if (end->how == End::How::interrupted)
        return {Verdict::Kind::failed, "exit_code", "the turn was interrupted"};
    // Codex does not end with an exit code of the agent's choice.
    if (conversation.is_left_to_park())
        return {Verdict::Kind::asked_and_left, "", "left to wait for an answer"};
    return {Verdict::Kind::succeeded, "", warning(remains)};
}

} // namespace agentcron::agent::codex
