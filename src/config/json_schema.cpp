#include "config/json_schema.hpp"

#include "config/keys.hpp"
#include "config/size.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::config {
namespace {

namespace json = boost::json;

// The same rules as schedule::is_name, base::parse_duration and the readers of environments and
// params, in regular expressions.
constexpr std::string_view name_pattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$";
constexpr std::string_view duration_pattern = "^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$";
constexpr std::string_view variable_pattern = "^[A-Za-z_][A-Za-z0-9_]*$";
constexpr std::string_view param_pattern = "^[A-Za-z_][A-Za-z0-9_-]{0,99}$";

json::object object_of(const Table& table);

// What a person writes as text may be a number or a boolean to YAML (`env: {PORT: 8080}`).
json::object any_text() {
    return {{"type", {"string", "number", "boolean"}}};
}

json::object text_of(const Key& key) {
    if (key.choices.empty()) return any_text();
    return {{"enum", json::array(key.choices.begin(), key.choices.end())}};
}

json::object map_of(std::string_view key_pattern, json::value value) {
    return {{"type", {"object", "null"}},
            {"propertyNames", {{"pattern", key_pattern}}},
            {"additionalProperties", std::move(value)}};
}

// At least one of the keys stands there.
json::object any_of(const std::vector<std::string_view>& keys) {
    json::array choices;
    for (const std::string_view key : keys)
        choices.push_back(json::object{{"required", json::array{key}}});
    return {{"anyOf", std::move(choices)}};
}

json::object type_of(const Key& key) {
    switch (key.type) {
    case Type::text: return text_of(key);
    case Type::boolean: return {{"type", "boolean"}};
    case Type::integer: return {{"type", "integer"}, {"minimum", *key.low}, {"maximum", *key.high}};
    case Type::amount: return {{"type", "number"}, {"exclusiveMinimum", 0}, {"maximum", *key.high}};
    case Type::duration: return {{"type", "string"}, {"pattern", duration_pattern}};
    case Type::size:
        return {{"type", {"string", "integer"}}, {"pattern", size_pattern}, {"minimum", 1}};
    case Type::text_list: {
        json::object list{{"type", "array"}, {"items", text_of(key)}};
        if (key.required) list["minItems"] = 1;
        return list;
    }
    case Type::integers: {
        const json::object number{
            {"type", "integer"}, {"minimum", *key.low}, {"maximum", *key.high}};
        return {{"anyOf", {number, {{"type", "array"}, {"items", number}}}}};
    }
    case Type::durations:
        return {{"type", "array"}, {"items", {{"type", "string"}, {"pattern", duration_pattern}}}};
    case Type::list_map:
        return map_of(name_pattern,
                      json::object{{"type", {"array", "null"}}, {"items", any_text()}});
    case Type::text_map: return map_of(variable_pattern, any_text());
    case Type::value_map: return map_of(param_pattern, true);
    case Type::object: return object_of(*key.table);
    case Type::object_map: return map_of(name_pattern, object_of(*key.table));
    case Type::objects: return {{"type", "array"}, {"items", object_of(*key.table)}};
    }
    return {};
}

json::object object_of(const Table& table) {
    json::object properties;
    json::array required;
    for (const Key& key : table.keys) {
        json::object property = type_of(key);
        property["description"] = key.help;
        properties[key.name] = std::move(property);
        if (key.required) required.emplace_back(key.name);
    }
    const bool may_be_empty = required.empty() && table.one_of.empty();
    json::object object{{"type", may_be_empty ? json::value{"object", "null"} : "object"},
                        {"properties", std::move(properties)},
                        {"additionalProperties", false}};
    if (!required.empty()) object["required"] = std::move(required);
    json::array needs;
    for (const auto& keys : table.one_of) needs.push_back(any_of(keys));
    if (!needs.empty()) object["allOf"] = std::move(needs);
    return object;
}

} // namespace

std::string json_schema() {
    json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                        {"title", "agentcron configuration"},
                        {"description", "Agents and their schedules."}};
    for (const auto& member : object_of(file_keys())) schema[member.key()] = member.value();
    schema["patternProperties"] = {{fmt::format("^{}", ignored_key_prefix), true}};
    return json::serialize(schema);
}

} // namespace agentcron::config
