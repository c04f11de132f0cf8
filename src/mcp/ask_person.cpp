#include "mcp/ask_person.hpp"

#include "agent/answers.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"

#include <boost/json.hpp>

namespace agentcron::mcp {
namespace json = boost::json;
namespace {

json::object text_property(std::string_view description) {
    return {{"type", "string"}, {"description", description}};
}

json::object options_property() {
    json::array forms{
        json::object{{"type", "string"}},
        json::object{{"type", "object"},
                     {"properties",
                      {{"value", text_property("What you get as the answer")},
                       {"label", text_property("What the person sees; default: the value")},
                       {"description", text_property("What it means, one line")}}},
                     {"required", {"value"}}}};
    return {{"type", "array"},
            {"description", "Answers to choose from. Without them the person writes a text."},
            {"maxItems", agent::options_max},
            {"items", {{"anyOf", std::move(forms)}}}};
}

json::object input_schema() {
    json::object properties{
        {"question", text_property("One line that can be understood without your context: name "
                                   "the repository, the file, the customer")},
        {"detail", text_property("What a person needs to know to answer: what you found, what "
                                 "follows from each answer")},
        {"kind",
         {{"type", "string"},
          {"enum", {"ask", "choice", "approve", "form"}},
          {"description", "ask: a text. choice: one of options. approve: may you do it; yes or "
                          "no, perhaps with a reason. form: an object as schema says. Default: "
                          "choice with options, form with schema, else ask."}}},
        {"options", options_property()},
        {"default", text_property("The answer where the task goes on without one because nobody "
                                  "answered in time; with options one of their values")},
        {"schema",
         {{"type", "object"},
          {"description", "Of a form: JSON Schema of a flat object; properties of type string "
                          "(perhaps with enum), number, integer, boolean."}}}};
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", {"question"}},
            {"additionalProperties", false}};
}

json::object output_schema() {
    json::object properties{
        {"status", {{"type", "string"}, {"enum", {"answered", "timed_out"}}}},
        {"answer",
         {{"type", {"string", "null"}},
          {"description", "The person's words, or the value of the option. timed_out: the default, "
                          "or null: go on without an answer."}}},
        {"approved", {{"type", "boolean"}, {"description", "Of kind approve"}}},
        {"form", {{"type", {"object", "null"}}, {"description", "Of kind form; null: declined"}}}};
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", {"status", "answer"}}};
}

json::object description() {
    return {{"title", "Ask a person"},
            {"description",
             "Asks a person and returns the answer. Takes minutes to days: you may be stopped "
             "meanwhile and started again with the answer; asking the same again then returns it "
             "at once. Do not ask what you can find out yourself."},
            {"inputSchema", input_schema()},
            {"outputSchema", output_schema()},
            {"annotations",
             {{"readOnlyHint", true}, {"destructiveHint", false}, {"openWorldHint", false}}}};
}

std::string fault(const json::object& arguments) {
    return agent::fault_in_ask(arguments).value_or("");
}

std::string message(const json::object& arguments, std::string_view) {
    json::object ask = arguments;
    ask["type"] = "question";
    return json::serialize(ask);
}

json::object answer_from(const json::object& arguments, const json::object& reply) {
    const auto question = agent::question_from(arguments, 0);
    const auto* answer = reply.if_contains("answer");
    if (!answer || !answer->is_string()) {
        json::object given{{"status", "timed_out"}, {"answer", nullptr}};
        if (question.default_option) given["answer"] = *question.default_option;
        return given;
    }
    const auto text = agent::plain_text(*answer);
    json::object given{{"status", "answered"}, {"answer", text}};
    if (question.kind == "approve") given["approved"] = agent::decision_from(text).allow;
    if (question.kind == "form" && !question.schema.empty()) {
        auto form = agent::form_from(question.schema, text);
        given["form"] = form && *form ? json::value(std::move(**form)) : json::value(nullptr);
    }
    return given;
}

json::object result(const json::object& arguments, const json::object& reply) {
    auto given = answer_from(arguments, reply);
    // The same twice: older clients read only the text.
    const auto text = json::serialize(given);
    return {{"content", {{{"type", "text"}, {"text", text}}}},
            {"structuredContent", std::move(given)},
            {"isError", false}};
}

} // namespace

const Tool ask_person{"ask_person", true, description, fault, message, result};

} // namespace agentcron::mcp
