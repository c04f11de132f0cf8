#include "agent/answers.hpp"

#include "agent/json_text.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {
namespace json = boost::json;
namespace {

constexpr std::array<std::string_view, 8> allowing{"allow",   "yes",    "y",        "ok",
                                                   "approve", "accept", "approved", "accepted"};
constexpr std::array<std::string_view, 6> denying{"deny", "no", "n", "decline", "reject", "denied"};
constexpr std::array<std::string_view, 3> declining{"decline", "cancel", "no"};

std::string lower(std::string_view text) {
    std::string small(text);
    for (char& c : small)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return small;
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool flag(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

Decision decision_from_object(const json::object& object) {
    Decision decision{.allow = flag(object, "allow"),
                      .for_session = flag(object, "for_session"),
                      .reason = text_member(object, "reason"),
                      .input = std::nullopt};
    if (const auto* input = object.if_contains("input"); input && decision.allow)
        decision.input = *input;
    return decision;
}

// The value that stands for this text; the text itself if it is none of the options.
std::optional<std::string> option_named(const Item& item, std::string_view text) {
    for (const auto& option : item.options)
        if (option.value == text) return option.value;
    for (const auto& option : item.options)
        if (lower(option.value) == lower(text) || lower(option.label) == lower(text))
            return option.value;
    return std::nullopt;
}

std::vector<std::string> values_from_text(const Item& item, std::string_view text) {
    text = base::trim(text);
    if (auto option = option_named(item, text)) return {std::move(*option)};
    if (!item.several) return {std::string(text)};
    std::vector<std::string> values;
    for (const auto part : base::split(text, ',')) {
        auto option = option_named(item, base::trim(part));
        if (!option) return {std::string(text)};
        values.push_back(std::move(*option));
    }
    return values;
}

std::vector<std::string> values_from(const Item& item, const json::value& value) {
    if (!value.is_array()) return values_from_text(item, plain_text(value));
    std::vector<std::string> values;
    for (const auto& one : value.get_array()) {
        const auto text = plain_text(one);
        values.push_back(option_named(item, text).value_or(text));
    }
    return values;
}

using Fault = std::optional<std::string>; // what is wrong with a field

std::optional<double> number_in(const json::object& schema, std::string_view key) {
    const auto* value = schema.if_contains(key);
    if (!value || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

// The values that a schema's enum, oneOf or anyOf lists; empty: any.
std::vector<std::string> listed(const json::object& schema) {
    std::vector<std::string> values;
    for (const auto* key : {"enum", "oneOf", "anyOf"}) {
        const auto* list = schema.if_contains(key);
        if (!list || !list->is_array()) continue;
        for (const auto& one : list->get_array()) {
            const auto* object = one.if_object();
            values.push_back(object ? text_member(*object, "const") : plain_text(one));
        }
    }
    return values;
}

// Of UTF-8: every byte but those that continue a character.
std::ptrdiff_t characters_in(std::string_view text) {
    return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

Fault string_fault(const json::object& schema, const json::value& value) {
    if (!value.is_string()) return "expected a text";
    const auto text = plain_text(value);
    const auto allowed = listed(schema);
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), text) == allowed.end())
        return fmt::format("expected one of {}", fmt::join(allowed, ", "));
    const auto characters = static_cast<double>(characters_in(text));
    if (const auto least = number_in(schema, "minLength"); least && characters < *least)
        return fmt::format("expected at least {} characters", *least);
    if (const auto most = number_in(schema, "maxLength"); most && characters > *most)
        return fmt::format("expected at most {} characters", *most);
    return std::nullopt;
}

Fault number_fault(const json::object& schema, const json::value& value, bool whole) {
    const bool fits = whole ? value.is_int64() || value.is_uint64() : value.is_number();
    if (!fits) return whole ? "expected a whole number" : "expected a number";
    const auto number = value.to_number<double>();
    if (const auto least = number_in(schema, "minimum"); least && number < *least)
        return fmt::format("expected at least {}", *least);
    if (const auto most = number_in(schema, "maximum"); most && number > *most)
        return fmt::format("expected at most {}", *most);
    return std::nullopt;
}

Fault array_fault(const json::object& schema, const json::value& value) {
    if (!value.is_array()) return "expected a list";
    const auto* items = schema.if_contains("items");
    if (!items || !items->is_object()) return std::nullopt;
    for (const auto& one : value.get_array())
        if (auto fault = string_fault(items->get_object(), one)) return fault;
    return std::nullopt;
}

Fault field_fault(const json::object& schema, const json::value& value) {
    const auto type = text_member(schema, "type");
    if (type == "boolean") return value.is_bool() ? Fault{} : Fault{"expected true or false"};
    if (type == "integer") return number_fault(schema, value, true);
    if (type == "number") return number_fault(schema, value, false);
    if (type == "array") return array_fault(schema, value);
    if (type == "string" || !listed(schema).empty()) return string_fault(schema, value);
    return std::nullopt; // a type of a later revision: the asker checks it
}

json::object properties_of(const json::object& schema) {
    const auto* properties = schema.if_contains("properties");
    return properties && properties->is_object() ? properties->get_object() : json::object{};
}

// What a plain text is for a field: a number, true or false, or the text.
json::value field_from_text(const json::object& schema, std::string_view text) {
    const auto type = text_member(schema, "type");
    if (type == "string" || type.empty()) return json::value(text);
    boost::system::error_code malformed;
    auto value = json::parse(json::string_view(text.data(), text.size()), malformed);
    return malformed ? json::value(text) : value;
}

} // namespace

std::vector<Option> decision_options(bool can_allow_session) {
    std::vector<Option> options{{"allow", "allow", "this once"}};
    if (can_allow_session)
        options.push_back({"allow_session", "allow for the session", "this and what is like it"});
    options.push_back({"deny", "deny", "a reason may follow: \"deny: use staging\""});
    return options;
}

Decision decision_from(std::string_view answer) {
    answer = base::trim(answer);
    if (const auto object = parse_object(answer)) return decision_from_object(*object);
    const auto words = lower(answer);
    if (is_one_of(words, allowing)) return {.allow = true};
    if (words == "allow_session" || words == "allow for the session")
        return {.allow = true, .for_session = true};
    const auto end = words.find_first_of(" :,.;\n");
    if (!is_one_of(words.substr(0, end), denying))
        return {.allow = false, .reason = std::string(answer)};
    const auto reason = end == std::string::npos ? "" : answer.substr(end + 1);
    return {.allow = false, .reason = std::string(base::trim(reason))};
}

std::vector<Chosen> choices_from(const std::vector<Item>& items, std::string_view answer) {
    const auto object = parse_object(answer);
    std::vector<Chosen> chosen;
    for (const auto& item : items) {
        Chosen one{item.key, {}};
        if (!object) {
            one.values = values_from_text(item, answer);
        } else {
            const auto* value = object->if_contains(item.key);
            if (!value) value = object->if_contains(item.text);
            if (value && !value->is_null()) one.values = values_from(item, *value);
        }
        chosen.push_back(std::move(one));
    }
    return chosen;
}

base::Result<std::optional<json::object>, std::string> form_from(std::string_view schema_text,
                                                                 std::string_view answer) {
    using Form = std::optional<json::object>;
    answer = base::trim(answer);
    const auto schema = parse_object(schema_text).value_or(json::object{});
    const auto properties = properties_of(schema);
    auto form = parse_object(answer);
    if (!form && is_one_of(lower(answer), declining)) return Form{};
    if (!form && properties.size() == 1) {
        const auto& field = *properties.begin();
        const auto* type = field.value().if_object();
        form = json::object{{field.key(), field_from_text(type ? *type : json::object{}, answer)}};
    }
    if (!form) return std::string("expected a JSON object with the form's fields, or decline");
    for (const auto& field : properties) {
        const auto* value = form->if_contains(field.key());
        const auto* type = field.value().if_object();
        if (!value || !type) continue;
        if (const auto fault = field_fault(*type, *value))
            return fmt::format("{}: {}", std::string_view(field.key()), *fault);
    }
    const auto* required = schema.if_contains("required");
    if (required && required->is_array()) {
        for (const auto& name : required->get_array())
            if (!form->contains(plain_text(name)))
                return fmt::format("{}: this field is required", plain_text(name));
    }
    return Form{std::move(*form)};
}

bool is_done(std::string_view answer) {
    return !is_one_of(lower(base::trim(answer)), declining);
}

} // namespace agentcron::agent
