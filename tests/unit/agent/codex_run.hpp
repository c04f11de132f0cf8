// A Codex driver that talks to a recorded app-server, or to lines that a test makes up.
#pragma once

#include "transcript.hpp"

#include <functional>

namespace agentcron::agent {

inline Brief codex_brief(std::string session_id = "", std::vector<Brief::Answered> answers = {},
                         std::vector<std::string> command = {"codex"}) {
    Brief brief;
    brief.prompt = "do it";
    brief.session_id = std::move(session_id);
    brief.answers = std::move(answers);
    brief.command = std::move(command);
    brief.working_directory = "/w";
    return brief;
}

class CodexRun {
public:
    explicit CodexRun(const Brief& brief = codex_brief()) {
        fed = run.driver().start(brief).stdin_bytes;
    }

    // One line of the server, then what the driver wants done about it.
    CodexRun& out(std::string_view line) {
        run.out(std::string(line) + "\n");
        return feed(run.driver().after_events());
    }
    CodexRun& feed(const Feed& feed) {
        fed += feed.stdin_bytes;
        closed |= feed.close_stdin;
        return *this;
    }
    // The server's lines of a transcript; each question that they ask is answered so.
    CodexRun& replay(const std::string& name,
                     const std::function<std::string(const Question&)>& answer = {}) {
        std::size_t answered = run.all<Question>().size();
        for (const auto& said : transcript(name)) {
            if (said.by_agent) out(said.line);
            const auto questions = run.all<Question>();
            for (; answer && answered < questions.size(); ++answered)
                feed(run.driver().answer(questions[answered].native_id,
                                         answer(questions[answered])));
        }
        return *this;
    }
    // As far as a turn that runs: thread "t", turn "u".
    CodexRun& opened() {
        return out(R"({"id":1,"result":{}})")
            .out(R"({"id":2,"result":{"thread":{"id":"t"}}})")
            .out(R"({"id":3,"result":{"turn":{"id":"u"}}})");
    }
    CodexRun& said(std::string_view words) {
        const boost::json::object item{{"type", "agentMessage"}, {"id", "m"}, {"text", words}};
        const boost::json::object line{{"method", "item/completed"},
                                       {"params", {{"threadId", "t"}, {"item", item}}}};
        return out(boost::json::serialize(line));
    }
    CodexRun& turn_over(std::string_view status, std::string_view turn = "u") {
        const boost::json::object line{
            {"method", "turn/completed"},
            {"params",
             {{"threadId", "t"},
              {"turn", {{"id", turn}, {"status", status}, {"error", nullptr}}}}}};
        return out(boost::json::serialize(line));
    }

    // What was fed since the last call, a line each.
    std::vector<boost::json::value> take() { return lines_of(std::exchange(fed, {})); }
    // The replies to the server among all that was fed.
    std::vector<boost::json::value> replies() const {
        std::vector<boost::json::value> found;
        for (auto& line : lines_of(fed))
            if (line.get_object().contains("result")) found.push_back(std::move(line));
        return found;
    }

    DriverRun run{"codex"};
    std::string fed;
    bool closed = false;
};

} // namespace agentcron::agent
