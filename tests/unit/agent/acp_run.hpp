// Plays the agent's side of the Agent Client Protocol against the driver, and keeps what the driver
// said. Lines stand in the tests with ' for ".
#pragma once

#include "transcript.hpp"

#include <algorithm>

namespace agentcron::agent {

inline std::string quoted(std::string line) {
    std::replace(line.begin(), line.end(), '\'', '"');
    return line;
}

inline Brief order() {
    Brief brief;
    brief.prompt = "Do it";
    brief.working_directory = "/w";
    return brief;
}

class AcpRun {
public:
    explicit AcpRun(const Brief& brief = order()) { said(run.driver().start(brief).stdin_bytes); }

    // What the driver says to one line of the agent.
    AcpRun& line(const std::string& text) {
        run.out(quoted(text) + "\n");
        return fed(run.driver().after_events());
    }
    AcpRun& fed(const Feed& feed) {
        closed |= feed.close_stdin;
        return said(feed.stdin_bytes);
    }
    // Through initialize and the session's start to the prompt.
    AcpRun& opened(const std::string& capabilities = "{}") {
        line("{'id':0,'result':{'protocolVersion':1,'agentCapabilities':" + capabilities + "}}");
        return line("{'id':1,'result':{'sessionId':'s1'}}");
    }
    AcpRun& update(const std::string& update) {
        return line("{'method':'session/update','params':{'sessionId':'s1','update':" + update +
                    "}}");
    }
    AcpRun& words(const std::string& text) {
        return update("{'sessionUpdate':'agent_message_chunk','content':{'type':'text','text':'" +
                      text + "'}}");
    }
    AcpRun& ended(const std::string& stop_reason = "end_turn") {
        return line("{'id':2,'result':{'stopReason':'" + stop_reason + "'}}");
    }
    // A command that waits for leave, with id 7.
    AcpRun& asks(const std::string& options) {
        return line("{'id':7,'method':'session/request_permission','params':{'sessionId':'s1',"
                    "'toolCall':{'toolCallId':'c1','title':'rm x','kind':'execute',"
                    "'rawInput':{'command':'rm x'}},'options':" +
                    options + "}}");
    }
    AcpRun& answer(std::string_view text, std::string_view native_id = "7") {
        return fed(run.driver().answer(native_id, text));
    }
    // The last line that the driver said, '' if none.
    std::string last() const { return lines.empty() ? "" : boost::json::serialize(lines.back()); }
    std::string last_result() const {
        REQUIRE(!lines.empty());
        return boost::json::serialize(lines.back().at("result"));
    }
    std::string last_prompt() const {
        REQUIRE(!lines.empty());
        REQUIRE(lines.back().at("method") == "session/prompt");
        const auto& block = lines.back().at("params").at("prompt").at(0);
        return std::string(block.at("text").as_string());
    }

    DriverRun run{"acp"};
    std::vector<boost::json::value> lines; // to the agent, in their order
    bool closed = false;

private:
    AcpRun& said(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            REQUIRE(end != std::string_view::npos);
            lines.push_back(boost::json::parse(bytes.substr(0, end)));
            bytes.remove_prefix(end + 1);
        }
        return *this;
    }
};

struct Recorded {
    bool is_from_agent = false;
    boost::json::object line;
};

// A conversation of a real agent with another host.
inline std::vector<Recorded> recorded(const std::string& name) {
    const Transcript transcript(name);
    std::vector<Recorded> lines;
    for (const auto& line : transcript.lines())
        lines.push_back({line.from_agent, line.value.as_object()});
    return lines;
}

} // namespace agentcron::agent
