#include "mcp/reports.hpp"

#include "agent/json_text.hpp"
#include "base/text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::mcp {
namespace json = boost::json;
namespace {

json::object described(std::string_view title, std::string_view words, json::object properties,
                       json::array required) {
    json::object schema{
        {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) schema["required"] = std::move(required);
    return {{"title", title},
            {"description", words},
            {"inputSchema", std::move(schema)},
            {"annotations",
             {{"readOnlyHint", false},
              {"destructiveHint", false},
              {"idempotentHint", true},
              {"openWorldHint", false}}}};
}

json::object said(std::string_view words) {
    return {{"content", {{{"type", "text"}, {"text", words}}}}, {"isError", false}};
}

json::object describe_progress() {
    return described(
        "Report progress",
        "Shows people who look at the task what you are doing. For work of more than a minute, "
        "at each step; it returns at once.",
        {{"message", {{"type", "string"}, {"description", "One line: what you are doing now"}}},
         {"percent",
          {{"type", "number"},
           {"minimum", 0},
           {"maximum", 100},
           {"description", "How much of the work is done, if that can be said"}}}},
        {"message"});
}

std::string progress_fault(const json::object& arguments) {
    if (base::trim(agent::text_member(arguments, "message")).empty())
        return "message: expected one line that says what you are doing";
    const auto* percent = arguments.if_contains("percent");
    if (!percent || percent->is_null()) return "";
    const bool fits = percent->is_number() && percent->to_number<double>() >= 0 &&
                      percent->to_number<double>() <= 100;
    return fits ? "" : "percent: expected a number from 0 to 100";
}

std::string progress_message(const json::object& arguments, std::string_view) {
    json::object message{{"type", "progress"}, {"message", arguments.at("message")}};
    if (const auto* percent = arguments.if_contains("percent")) message["percent"] = *percent;
    return json::serialize(message);
}

json::object progress_result(const json::object&, const json::object&) {
    return said("People see it now.");
}

json::object describe_finish() {
    return described(
        "Finish with a result",
        "Hands in what came out of the task, as data that other programs read. It counts over "
        "your last message. Say ok: false where you could not do what was asked: the task then "
        "counts as failed. Called again, the last call counts. End your turn afterwards.",
        {{"result", {{"description", "Any JSON: what came out"}}},
         {"summary",
          {{"type", "string"}, {"description", "One line for people: what came out, or why not"}}},
         {"ok",
          {{"type", "boolean"}, {"description", "Whether the task was done. Default: true"}}}},
        {});
}

std::string finish_fault(const json::object& arguments) {
    const auto* ok = arguments.if_contains("ok");
    if (ok && !ok->is_bool() && !ok->is_null()) return "ok: expected true or false";
    const auto* summary = arguments.if_contains("summary");
    if (summary && !summary->is_string() && !summary->is_null())
        return "summary: expected one line of text";
    const bool has_summary = !base::trim(agent::text_member(arguments, "summary")).empty();
    const bool has_result = arguments.contains("result");
    return has_summary || has_result ? "" : "expected a result, a summary, or both";
}

// The result as it was written: numbers keep their digits.
std::string finish_message(const json::object& arguments, std::string_view text) {
    json::object message{{"type", "result"}};
    for (const auto* key : {"summary", "ok"})
        if (const auto* value = arguments.if_contains(key)) message[key] = *value;
    auto line = json::serialize(message);
    const auto* result = arguments.if_contains("result");
    if (!result) return line;
    const auto exact =
        text.empty() ? json::serialize(*result) : agent::member_json(text, arguments, "result");
    line.insert(line.size() - 1, ",\"result\":" + exact);
    return line;
}

json::object finish_result(const json::object&, const json::object&) {
    return said("The result is handed in. End your turn now.");
}

} // namespace

const Tool report_progress{"report_progress", false,          describe_progress, progress_fault,
                           progress_message,  progress_result};
const Tool finish_with_result{"finish_with_result", false,          describe_finish,
                              finish_fault,         finish_message, finish_result};

} // namespace agentcron::mcp
