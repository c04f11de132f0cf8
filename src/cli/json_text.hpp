// Rows as JSON for machines: numbers, booleans and embedded JSON keep their types, timestamps are
// RFC 3339 in UTC, null is null.
#pragma once

#include "db/client.hpp"

#include <boost/json/value.hpp>
#include <optional>
#include <string>

namespace agentcron::cli {

// One field; bytes that are not UTF-8 have their broken parts replaced by U+FFFD.
boost::json::value json_value(const std::optional<std::string>& field, db::Table::Type type);
boost::json::object json_object(const db::Table& table, std::size_t row);
boost::json::array json_objects(const db::Table& table);

// On one line. Doubles have their shortest exact form (1.25, not 1.25E0).
std::string compact(const boost::json::value& value);
// An array with one element per line, so that both jq and grep can work on it.
std::string lines_of(const boost::json::array& array);
// Indented, for people.
std::string indented(const boost::json::value& value, int indent = 0);

} // namespace agentcron::cli
