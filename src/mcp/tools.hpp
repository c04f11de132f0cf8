// The tools of `agentcron mcp`: how they are described to a model, what a call of one says to the
// run, and what the run's reply is to the model.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace agentcron::mcp {

struct Tool {
    std::string_view name;
    bool waits = false; // for a person
    boost::json::object (*description)();
    // What is wrong with the arguments, for the model to put right; "" = nothing.
    std::string (*fault)(const boost::json::object& arguments);
    // One JSON object for the run. `text` is what the arguments were parsed from; "" = not known.
    std::string (*message)(const boost::json::object& arguments, std::string_view text);
    // The result of the call.
    boost::json::object (*result)(const boost::json::object& arguments,
                                  const boost::json::object& reply);
};

const Tool* tool_named(std::string_view name); // nullptr: there is none
boost::json::array tool_descriptions();        // always in the same order
std::string_view instructions();               // for the model, about all of them
boost::json::object server_info();

// The result of a call that came to nothing; the model reads why.
boost::json::object error_result(std::string_view why);

} // namespace agentcron::mcp
