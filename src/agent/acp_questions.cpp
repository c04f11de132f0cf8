#include "agent/acp_questions.hpp"

#include "agent/acp_permission.hpp"
#include "agent/answers.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace agentcron::agent::acp {
namespace json = boost::json;
namespace {

constexpr std::string_view own_words = "_custom"; // Claude's name for the field beside the options

json::object action(std::string_view word) {
    return {{"action", word}};
}

json::object accept(json::object content) {
    return {{"action", "accept"}, {"content", std::move(content)}};
}

const json::array* array_member(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value ? value->if_array() : nullptr;
}

// An option's title may repeat its value and go on with the description.
Option option_from(const json::value& one) {
    const auto* object = one.if_object();
    if (!object) return {plain_text(one), plain_text(one), ""};
    const auto value = text_member(*object, "const");
    const auto title = text_member(*object, "title");
    auto description = text_member(*object, "description");
    const auto prefix = value + " — ";
    const bool is_joined = title.starts_with(prefix);
    if (is_joined && description.empty()) description = title.substr(prefix.size());
    return {value, is_joined || title.empty() ? value : title, description};
}

std::vector<Option> options_of(const json::object& field) {
    std::vector<Option> options;
    for (const auto* key : {"enum", "oneOf", "anyOf"}) {
        const auto* list = array_member(field, key);
        if (!list) continue;
        for (const auto& one : *list) options.push_back(option_from(one));
    }
    return options;
}

std::optional<Item> item_from(std::string_view key, const json::value& value,
                              const std::string& message, bool is_only) {
    const auto* field = value.if_object();
    if (!field) return std::nullopt;
    const auto* items = find_object(*field, "items");
    Item item{.key = std::string(key),
              .text = is_only ? message : text_member(*field, "description"),
              .options = options_of(items ? *items : *field),
              .several = items != nullptr,
              .secret = false};
    if (item.text.empty()) item.text = text_member(*field, "title");
    if (item.text.empty()) item.text = item.key;
    if (item.options.empty()) return std::nullopt;
    return item;
}

// The questions of a form that is nothing but options, each with a field for other words beside
// it; empty: another form.
std::vector<Item> choices_in(const json::object& schema, const std::string& message) {
    std::vector<Item> items;
    const auto* fields = find_object(schema, "properties");
    if (!fields) return items;
    for (const auto& field : *fields) {
        const std::string_view key = field.key();
        if (key.ends_with(own_words) && fields->contains(key.substr(0, key.rfind(own_words))))
            continue;
        if (!fields->contains(std::string(key) + std::string(own_words))) return {};
        auto item = item_from(key, field.value(), message, fields->size() == 2);
        if (!item) return {};
        items.push_back(std::move(*item));
    }
    return items;
}

void set_elicitation(Asked& asked, std::string_view kind, json::object request,
                     std::string_view detail) {
    auto id = std::move(asked.question.native_id);
    const auto message = text_member(asked.params, "message");
    asked.question = question_from({{"text", message}, {"detail", detail}, {"kind", kind}}, 0);
    asked.question.native_id = std::move(id);
    asked.question.kind = kind;
    request["message"] = message;
    const json::object whole{{"request", std::move(request)}};
    asked.question.request = member_json(json::serialize(whole), whole, "request");
}

void set_form(Asked& asked, const json::object& schema) {
    asked.items = choices_in(schema, text_member(asked.params, "message"));
    asked.form = asked.items.empty() ? Asked::Form::fields : Asked::Form::choices;
    set_elicitation(asked, asked.items.empty() ? "form" : "choice", {{"schema", schema}}, "");
    if (asked.items.empty()) {
        asked.question.schema =
            member_json(json::serialize(asked.params), asked.params, "requestedSchema");
    } else if (asked.items.size() == 1 && !asked.items.front().several) {
        asked.question.options = asked.items.front().options;
    } else {
        asked.question.items = asked.items;
    }
}

json::object content_from(const std::vector<Item>& items, std::string_view answer) {
    json::object content;
    const auto chosen = choices_from(items, answer);
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& item = items[i];
        json::array options;
        std::string words;
        for (const auto& value : chosen[i].values) {
            const bool is_offered =
                std::any_of(item.options.begin(), item.options.end(),
                            [&](const Option& option) { return option.value == value; });
            if (is_offered)
                options.push_back(json::value(value));
            else
                words += (words.empty() ? "" : ", ") + value;
        }
        if (!options.empty()) content[item.key] = item.several ? json::value(options) : options[0];
        if (!words.empty()) content[item.key + std::string(own_words)] = words;
    }
    return content;
}

} // namespace

std::optional<Asked> asked_by(const json_rpc::Message& request) {
    const auto* params = request.body.if_object();
    if (!params) return std::nullopt;
    Asked asked{.id = request.id, .params = *params, .question = {}};
    asked.question.native_id = json_rpc::name_of(request.id);
    if (request.method == "session/request_permission") {
        asked.form = Asked::Form::permission;
        set_permission(asked.question, *params);
        return asked;
    }
    if (request.method != "elicitation/create") return std::nullopt;
    if (const auto* schema = find_object(*params, "requestedSchema")) {
        set_form(asked, *schema);
        return asked;
    }
    const auto url = text_member(*params, "url");
    if (url.empty()) return std::nullopt;
    asked.form = Asked::Form::page;
    set_elicitation(asked, "url", {{"url", url}}, url);
    return asked;
}

Reply reply_to(const Asked& asked, std::string_view answer) {
    switch (asked.form) {
    case Asked::Form::permission: return permission_reply(asked, answer);
    case Asked::Form::choices: {
        auto content = content_from(asked.items, answer);
        return {.body = content.empty() ? action("decline") : accept(std::move(content))};
    }
    case Asked::Form::fields: {
        const auto form = form_from(asked.question.schema, answer);
        if (!form) return {.body = action("cancel")};
        return {.body = *form ? accept(**form) : action("decline")};
    }
    case Asked::Form::page: return {.body = action(is_done(answer) ? "accept" : "decline")};
    }
    return {.body = action("cancel")};
}

json::object reply_without_answer(const Asked& asked) {
    const bool is_form = asked.form == Asked::Form::fields || asked.form == Asked::Form::choices;
    return is_form ? action("decline") : cancelled_reply(asked);
}

json::object cancelled_reply(const Asked& asked) {
    if (asked.form != Asked::Form::permission) return action("cancel");
    return {{"outcome", {{"outcome", "cancelled"}}}};
}

bool is_same_request(std::string_view one, std::string_view other) {
    const auto first = parse_object(one);
    return first && first == parse_object(other);
}

} // namespace agentcron::agent::acp
