// A row of one of doctor's statements as its judges read it: null is 0, "" or false.
#pragma once

#include "cli/findings.hpp"
#include "db/client.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace agentcron::cli {

using State = base::Finding::State;

class Facts {
public:
    Facts(const db::Table& table, std::size_t row) : table_(table), row_(row) {}

    bool has(std::string_view column) const { return table_.at(row_, column).has_value(); }
    std::string text(std::string_view column) const { return table_.at(row_, column).value_or(""); }
    bool is_true(std::string_view column) const { return text(column) == "t"; }
    double number(std::string_view column) const {
        return has(column) ? std::stod(text(column)) : 0;
    }
    std::int64_t count(std::string_view column) const {
        return static_cast<std::int64_t>(number(column));
    }

private:
    const db::Table& table_;
    std::size_t row_;
};

// "1 task", "2 tasks".
std::string counted(std::int64_t count, std::string_view noun);
// Of "a, b, c, d": "a, b, c and 1 more".
std::string shortened(std::string_view list, std::size_t shown);
// "512M", "1.5G": bytes with a binary unit.
std::string bytes_text(std::uint64_t bytes);

} // namespace agentcron::cli
