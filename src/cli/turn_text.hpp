// Turns of a conversation as people read them, and as JSON. Pure. Nothing of what an agent wrote
// can steer the terminal.
#pragma once

#include "base/clock.hpp"
#include "cli/table_text.hpp"
#include "cli/turns.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace agentcron::cli {

class TurnText {
public:
    struct Style {
        std::int64_t task_id = 0; // for the commands that show the rest
        Terminal terminal;
        bool full = false;         // calls with input and output, nothing cut
        bool several_legs = false; // each begins under a line that says why
        base::Instant now{};
    };
    explicit TurnText(Style style);

    std::string add(const Turn& turn);
    std::string finish();

private:
    // Shows the beginning of a long text and counts what it leaves out.
    struct Cut {
        std::size_t lines = 0;
        std::size_t bytes = 0;
        std::size_t lines_left_out = 0;
        bool is_in_line = false;      // what was shown last has no end
        bool is_line_counted = false; // the line that goes on is among those left out
    };
    enum class Block { none, raw, words, line, question };

    std::string show(const Leg& leg);
    std::string show(const Words& words);
    std::string show(const Thought& thought);
    std::string show(const Call& call);
    std::string show(const Asked& asked);
    std::string show(const Told& told);
    std::string show(const Notice& notice);
    std::string show(const Raw& raw);

    std::string begin(Block block);
    std::string end_raw();
    std::string kept(Cut& cut, std::string_view text) const;
    std::string rest(const Cut& cut, std::string_view command) const;
    std::string cut_text(std::string_view text, int indent) const;
    std::string answer_line(const Asked& asked) const;
    std::string when(const std::string& at) const;
    std::string painted(std::string_view text, Colour colour) const;

    Style style_;
    LogText raw_;
    Cut raw_cut_;
    Block block_ = Block::none;
};

// {"type": "tool", "run_no": 1, "at": ..., ...}; nothing is cut.
boost::json::object turn_json(const Turn& turn);

} // namespace agentcron::cli
