#include "agent/messages.hpp"

#include "agent/json_text.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {

namespace {

namespace json = boost::json;

constexpr std::size_t body_bytes_max = 64u << 10;
constexpr std::size_t option_bytes_max = 1u << 10;
constexpr std::array<std::string_view, 4> question_kinds{"ask", "approve", "choice", "form"};

bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
}

std::string bounded(std::string_view text, std::size_t bytes_max) {
    return std::string(base::utf8_prefix(text, bytes_max));
}

// A plain value, or {"value","label","description"} of which one of the first two may be absent.
std::optional<Option> option_from(const json::value& value) {
    Option option;
    if (const json::object* object = value.if_object()) {
        if (const json::value* own = object->if_contains("value"))
            option.value = bounded(plain_text(*own), option_bytes_max);
        option.label = base::one_line(text_member(*object, "label"), headline_bytes_max);
        option.description = bounded(text_member(*object, "description"), option_bytes_max);
        if (option.value.empty()) option.value = option.label;
    } else if (value.is_string() || value.is_number() || value.is_bool()) {
        option.value = bounded(plain_text(value), option_bytes_max);
    }
    if (option.label.empty()) option.label = base::one_line(option.value, headline_bytes_max);
    if (option.value.empty()) return std::nullopt;
    return option;
}

std::vector<Option> options_from(const json::object& message) {
    std::vector<Option> options;
    const json::value* list = message.if_contains("options");
    if (!list || !list->is_array()) return options;
    for (const json::value& value : list->get_array()) {
        if (options.size() == options_max) break;
        if (auto option = option_from(value)) options.push_back(std::move(*option));
    }
    return options;
}

std::optional<std::string> default_from(const json::object& message,
                                        const std::vector<Option>& options) {
    const json::value* value = message.if_contains("default");
    if (!value || value->is_null()) return std::nullopt;
    std::string text = bounded(plain_text(*value), option_bytes_max);
    const bool offered = std::any_of(options.begin(), options.end(),
                                     [&](const Option& option) { return option.value == text; });
    if (!options.empty() && !offered) return std::nullopt;
    return text;
}

// The first line is the headline; what it does not hold goes to the body, before the detail.
void set_words(Question& question, std::string_view text, std::string_view detail) {
    text = base::trim(text);
    question.headline = base::one_line(text, headline_bytes_max);
    if (question.headline.empty()) question.headline = "(the agent asked without words)";
    const bool is_all =
        text.find('\n') == std::string_view::npos && text.size() <= headline_bytes_max;
    std::string body = is_all ? "" : std::string(text);
    if (!body.empty() && !detail.empty()) body += "\n\n";
    body += detail;
    question.body = bounded(body, body_bytes_max);
}

// Of a form: JSON Schema of an object with fields; "" = there is none.
std::string schema_from(const json::object& message) {
    const auto* schema = find_object(message, "schema");
    if (!schema || object_member(*schema, "properties").empty()) return "";
    return json::serialize(*schema);
}

std::optional<std::int64_t> count_from(const json::object& message, std::string_view key) {
    const json::value* value = message.if_contains(key);
    if (!value || !value->is_number()) return std::nullopt;
    boost::system::error_code not_whole;
    const auto count = value->to_number<std::int64_t>(not_whole);
    if (not_whole || count < 0) return std::nullopt;
    return count;
}

} // namespace

std::string kind_of(const json::object& message) {
    std::string type = text_member(message, "type");
    // "text" is the kind of plain bytes, never of JSON.
    return is_word(type) && type != "text" ? type : "message";
}

std::optional<std::string> text_of(const json::object& message) {
    if (text_member(message, "type") != "text") return std::nullopt;
    const json::value* text = message.if_contains("text");
    if (!text || !text->is_string()) return std::nullopt;
    std::string lines(text->get_string());
    if (!lines.ends_with('\n')) lines += '\n';
    return lines;
}

Question question_from(const json::object& message, int number) {
    Question question;
    if (const json::value* id = message.if_contains("id"); id && !id->is_null())
        question.native_id = bounded(plain_text(*id), option_bytes_max);
    if (question.native_id.empty()) question.native_id = fmt::format("question-{}", number);

    std::string text = text_member(message, "text");
    if (base::trim(text).empty()) text = text_member(message, "question");
    set_words(question, text, text_member(message, "detail"));

    question.options = options_from(message);
    question.kind = text_member(message, "kind");
    if (std::find(question_kinds.begin(), question_kinds.end(), question.kind) ==
        question_kinds.end())
        question.kind = !question.options.empty()      ? "choice"
                        : schema_from(message).empty() ? "ask"
                                                       : "form";
    if (question.kind == "approve" && question.options.empty())
        question.options = {{"yes", "yes", ""}, {"no", "no", ""}};
    if (question.kind == "form") question.schema = schema_from(message);
    question.default_option = default_from(message, question.options);
    const json::value* park = message.if_contains("park");
    question.park_at_once = park && park->is_bool() && park->get_bool();
    return question;
}

std::optional<std::string> fault_in_ask(const json::object& message) {
    const Question question = question_from(message, 0);
    auto text = text_member(message, "text");
    if (base::trim(text).empty()) text = text_member(message, "question");
    if (base::trim(text).empty()) return "question: expected the text of the question";
    const auto* options = message.if_contains("options");
    if (options && !options->is_array() && !options->is_null())
        return "options: expected a list of texts";
    if (options && options->is_array() && options->get_array().size() != question.options.size())
        return fmt::format("options: expected at most {} texts, or objects with a value",
                           options_max);
    const auto kind = text_member(message, "kind");
    if (!kind.empty() && kind != question.kind)
        return fmt::format("kind: expected one of {}", fmt::join(question_kinds, ", "));
    if (kind == "choice" && question.options.empty()) return "kind choice needs options";
    if (kind == "form" && question.schema.empty())
        return "kind form needs schema, an object with properties";
    const auto* answer = message.if_contains("default");
    if (answer && !answer->is_null() && !question.default_option)
        return "default: expected the value of one of the options";
    return std::nullopt;
}

std::string request_of_ask(const Question& question) {
    json::array options;
    for (const Option& option : question.options) options.emplace_back(option.value);
    json::object ask{{"kind", question.kind}, {"headline", question.headline}};
    if (!question.body.empty()) ask["body"] = question.body;
    if (!options.empty()) ask["options"] = std::move(options);
    if (question.default_option) ask["default"] = *question.default_option;
    if (!question.schema.empty()) ask["schema"] = question.schema;
    return json::serialize(json::object{{"ask", std::move(ask)}});
}

bool was_asked_on_the_side(const Brief::Answered& answered) {
    const auto request = parse_object(answered.request);
    return !request || request->contains("ask");
}

Progress progress_from(const json::object& message) {
    Progress progress{base::one_line(text_member(message, "message"), headline_bytes_max), {}};
    if (progress.message.empty()) progress.message = "(without words)";
    const auto* percent = message.if_contains("percent");
    if (!percent || !percent->is_number()) return progress;
    const auto number = percent->to_number<double>();
    if (number >= 0 && number <= 100) progress.percent = number;
    return progress;
}

Usage usage_from(const json::object& message) {
    Usage usage;
    if (const json::value* cost = message.if_contains("cost_usd"); cost && cost->is_number()) {
        boost::system::error_code inexact;
        const double dollars = cost->to_number<double>(inexact);
        if (!inexact && std::isfinite(dollars) && dollars >= 0) usage.cost_usd = dollars;
    }
    usage.input_tokens = count_from(message, "input_tokens");
    usage.output_tokens = count_from(message, "output_tokens");
    usage.turns = count_from(message, "turns");
    return usage;
}

Result result_from(const json::object& message, std::string_view line) {
    Result result;
    // Anything but true is taken for a failure: what is shown as done was done.
    const json::value* ok = message.if_contains("ok");
    result.ok = !ok || ok->is_null() || (ok->is_bool() && ok->get_bool());
    result.json = member_json(line, message, "result");
    std::string summary = text_member(message, "summary");
    if (base::trim(summary).empty()) summary = text_member(message, "result");
    result.summary = base::one_line(summary, headline_bytes_max);
    return result;
}

} // namespace agentcron::agent
