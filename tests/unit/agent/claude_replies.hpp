// What the driver of Claude Code feeds, taken apart.
#pragma once

#include "transcript.hpp"

namespace agentcron::agent {
namespace json = boost::json;

inline Brief brief_with(std::string prompt) {
    Brief brief;
    brief.prompt = std::move(prompt);
    return brief;
}

inline Brief resuming(const Question& question, std::string answer, bool expired = false) {
    Brief brief = brief_with("Go");
    brief.session_id = "s1";
    brief.answers = {
        {question.native_id, question.headline, std::move(answer), expired, question.request}};
    return brief;
}

inline json::value only_line(const Feed& feed) {
    const auto lines = lines_of(feed.stdin_bytes);
    REQUIRE(lines.size() == 1);
    return lines[0];
}

// What a reply says, without its envelope.
inline json::value response_in(const json::value& line) {
    return line.at("response").at("response");
}

inline Question question_in(const DriverRun& run) {
    const auto questions = run.all<Question>();
    REQUIRE(!questions.empty());
    return questions.back();
}

inline bool asks_the_same(const DriverRun& run, std::size_t count) {
    return run.all<Question>().size() == count;
}

} // namespace agentcron::agent
