// What one process of Claude Code has used, while it works and at the end. Pure.
//
// Each response of the model tells its tokens as it comes, in one line a block (its output tokens
// are only begun by then); a result tells what the responses since the last one really cost. Money
// in between is asked for, and told as a text and for the whole session, earlier processes
// included: what counts is the difference to the first answer, asked for at the start and after
// each result.
#pragma once

#include "agent/driver.hpp"

#include <boost/json/object.hpp>
#include <set>
#include <string>
#include <string_view>

namespace agentcron::agent::claude {

class Meter {
public:
    // A line of type assistant: whether it is of a response that was not known.
    bool take_response(const boost::json::object& message);
    void take_result(const boost::json::object& line);
    // The reply to the order get_session_cost: whether it tells of a cost.
    bool take_cost(const boost::json::object& response);
    Usage usage() const;

private:
    Usage settled_;                                // by results
    std::set<std::string, std::less<>> responses_; // since the last result
    std::int64_t turns_ = 0;
    std::int64_t input_since_ = 0; // since the last result
    std::int64_t output_since_ = 0;
    double cost_since_ = 0;
    std::optional<double> session_cost_; // as told last since then
};

} // namespace agentcron::agent::claude
