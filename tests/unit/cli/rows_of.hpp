// Rows as a statement would give them, written down by a test.
#pragma once

#include "db/client.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agentcron::cli {

using Row = std::vector<std::pair<std::string, std::optional<std::string>>>;

// All rows have the columns of the first one, in its order.
inline db::Table rows_of(const std::vector<Row>& rows) {
    db::Table table;
    for (const auto& [column, value] : rows.at(0)) table.columns.push_back({column, {}});
    for (const auto& row : rows) {
        auto& fields = table.rows.emplace_back();
        for (const auto& [column, value] : row) fields.push_back(value);
    }
    return table;
}

// The row with one column changed.
inline Row with(Row row, const std::string& column, std::optional<std::string> value) {
    for (auto& [name, old] : row)
        if (name == column) old = std::move(value);
    return row;
}

} // namespace agentcron::cli
