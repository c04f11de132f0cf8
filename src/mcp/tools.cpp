#include "mcp/tools.hpp"

#include "base/version.hpp"
#include "mcp/ask_person.hpp"
#include "mcp/reports.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace agentcron::mcp {
namespace json = boost::json;
namespace {

const std::array<const Tool*, 3> tools{&ask_person, &report_progress, &finish_with_result};

} // namespace

const Tool* tool_named(std::string_view name) {
    const auto found = std::find_if(tools.begin(), tools.end(),
                                    [&](const Tool* tool) { return tool->name == name; });
    return found == tools.end() ? nullptr : *found;
}

json::array tool_descriptions() {
    json::array list;
    for (const Tool* tool : tools) {
        auto description = tool->description();
        description["name"] = tool->name;
        list.push_back(std::move(description));
    }
    return list;
}

std::string_view instructions() {
    return "You work on a task of agentcron, a scheduler; usually nobody watches. ask_person "
           "reaches a person, who may take hours: ask when a decision is not yours, and everything "
           "in one question. report_progress tells people how far you are. finish_with_result "
           "hands in the task's result, or says that it failed; without it your last message is "
           "the result.";
}

json::object server_info() {
    return {{"name", "agentcron"}, {"title", "agentcron"}, {"version", base::version()}};
}

json::object error_result(std::string_view why) {
    return {{"content", {{{"type", "text"}, {"text", why}}}}, {"isError", true}};
}

} // namespace agentcron::mcp
