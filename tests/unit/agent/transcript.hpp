// Recorded lines of a real agent, played to a driver: what the agent wrote goes in, and what the
// recorder wrote to it is there to compare with.
#pragma once

#include "driver_run.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <string>
#include <vector>

namespace agentcron::agent {

struct Said {
    bool by_agent = false;
    std::string line; // without a newline
};

inline std::vector<Said> transcript(const std::string& name) {
    std::ifstream file(AGENTCRON_SOURCE_DIR "/tests/unit/agent/transcripts/" + name + ".jsonl");
    REQUIRE(file);
    std::vector<Said> lines;
    for (std::string text; std::getline(file, text);) {
        const auto recorded = boost::json::parse(text);
        const auto& line = recorded.at("line");
        lines.push_back({recorded.at("dir") == "out", line.is_string()
                                                          ? std::string(line.get_string())
                                                          : boost::json::serialize(line)});
    }
    return lines;
}

// What the host of a transcript wrote, as JSON; the lines with this member only.
inline std::vector<boost::json::value> written(const std::vector<Said>& lines,
                                               std::string_view with_member) {
    std::vector<boost::json::value> values;
    for (const auto& said : lines) {
        if (said.by_agent) continue;
        auto value = boost::json::parse(said.line);
        if (value.get_object().contains(with_member)) values.push_back(std::move(value));
    }
    return values;
}

// The JSON lines in what a driver fed.
inline std::vector<boost::json::value> lines_of(std::string_view fed) {
    std::vector<boost::json::value> values;
    while (!fed.empty()) {
        const auto end = fed.find('\n');
        REQUIRE(end != std::string_view::npos);
        values.push_back(boost::json::parse(boost::json::string_view(fed.data(), end)));
        fed.remove_prefix(end + 1);
    }
    return values;
}

class Transcript {
public:
    struct Line {
        bool from_agent = false;
        boost::json::value value;
    };

    // `name` without its ending, in the folder beside this file.
    explicit Transcript(const std::string& name) {
        std::ifstream in(std::string(AGENTCRON_SOURCE_DIR "/tests/unit/agent/transcripts/") + name +
                         ".jsonl");
        for (std::string text; std::getline(in, text);) {
            const auto record = boost::json::parse(text);
            lines_.push_back({record.at("dir") == "out", record.at("line")});
        }
        REQUIRE(!lines_.empty());
    }

    // Plays the agent's lines up to the next one of the recorder's, which it returns; null at the
    // end.
    boost::json::value play(DriverRun& run) {
        while (next_ < lines_.size()) {
            const auto& line = lines_[next_++];
            if (!line.from_agent) return line.value;
            run.out(boost::json::serialize(line.value) + "\n");
        }
        return nullptr;
    }
    // Plays the agent's lines to the end.
    void play_all(DriverRun& run) {
        while (!play(run).is_null()) {
        }
    }

    const std::vector<Line>& lines() const { return lines_; }

private:
    std::vector<Line> lines_;
    std::size_t next_ = 0;
};

} // namespace agentcron::agent
