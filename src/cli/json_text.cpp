#include "cli/json_text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace json = boost::json;
namespace {

json::value parsed_or_text(const std::string& text) {
    boost::system::error_code error;
    auto value = json::parse(text, error);
    return error ? json::value(text) : value;
}

} // namespace

json::value json_value(const std::optional<std::string>& field, db::Table::Type type) {
    if (!field) return nullptr;
    switch (type) {
    case db::Table::Type::number: // NaN and infinity are no JSON and stay text
    case db::Table::Type::json: return parsed_or_text(*field);
    case db::Table::Type::boolean: return *field == "t";
    case db::Table::Type::bytes: return json::value(db::storable_text(*field));
    case db::Table::Type::text:
    case db::Table::Type::timestamp: break;
    }
    return json::value(*field);
}

json::object json_object(const db::Table& table, std::size_t row) {
    json::object object;
    for (std::size_t c = 0; c < table.columns.size(); ++c)
        object[table.columns[c].name] = json_value(table.rows[row][c], table.columns[c].type);
    return object;
}

json::array json_objects(const db::Table& table) {
    json::array array;
    for (std::size_t row = 0; row < table.rows.size(); ++row)
        array.push_back(json_object(table, row));
    return array;
}

std::string compact(const json::value& value) {
    if (const auto* number = value.if_double()) return fmt::format("{}", *number);
    std::string text;
    if (const auto* object = value.if_object()) {
        for (const auto& [key, member] : *object)
            text += (text.empty() ? "" : ",") + json::serialize(json::string(key)) + ":" +
                    compact(member);
        return "{" + text + "}";
    }
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array) text += (text.empty() ? "" : ",") + compact(element);
        return "[" + text + "]";
    }
    return json::serialize(value);
}

std::string lines_of(const json::array& array) {
    if (array.empty()) return "[]\n";
    std::string text = "[\n";
    for (std::size_t i = 0; i < array.size(); ++i)
        text += compact(array[i]) + (i + 1 < array.size() ? ",\n" : "\n");
    return text + "]\n";
}

std::string indented(const json::value& value, int indent) {
    const std::string inner(static_cast<std::size_t>(indent) + 2, ' ');
    const std::string outer(static_cast<std::size_t>(indent), ' ');
    std::string text;
    if (const auto* object = value.if_object(); object && !object->empty()) {
        for (const auto& [key, member] : *object)
            text += (text.empty() ? "{\n" : ",\n") + inner + json::serialize(json::string(key)) +
                    ": " + indented(member, indent + 2);
        return text + "\n" + outer + "}";
    }
    if (const auto* array = value.if_array(); array && !array->empty()) {
        for (const auto& element : *array)
            text += (text.empty() ? "[\n" : ",\n") + inner + indented(element, indent + 2);
        return text + "\n" + outer + "]";
    }
    return compact(value);
}

} // namespace agentcron::cli
