#include "cli/rows.hpp"

#include "base/timestamps.hpp"
#include "cli/json_text.hpp"
#include "cli/time_text.hpp"

#include <boost/json/serialize.hpp>
#include <cstdio>
#include <cstdlib>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

Colour colour_of_status(std::string_view status) {
    if (status == "succeeded" || status == "ok" || status == "alive") return Colour::green;
    if (status == "failed" || status == "error" || status == "lost" || status == "late" ||
        status == "down")
        return Colour::red;
    if (status == "waiting_for_input" || status == "blocked" || status == "paused")
        return Colour::yellow;
    if (status == "running") return Colour::blue;
    if (status == "skipped" || status == "cancelled" || status == "stopped" ||
        status == "finished" || status == "disabled")
        return Colour::dim;
    return Colour::none;
}

Cell status_cell(const db::Table& table, std::size_t row, const std::string& status) {
    std::string text = status;
    for (std::size_t c = 0; c < table.columns.size(); ++c)
        if (table.columns[c].name == "reason" && !table.rows[row][c].value_or("").empty())
            text += fmt::format(" ({})", *table.rows[row][c]);
    return {text, colour_of_status(status)};
}

std::string instant_text(const std::string& value, const Terminal& terminal) {
    const auto instant = base::from_rfc3339(value);
    return instant && terminal.is_terminal ? time_text(*instant, base::SystemClock().now()) : value;
}

bool is_right(Show show) {
    return show == Show::number || show == Show::seconds;
}

} // namespace

Cell cell_of(const db::Table& table, std::size_t row, std::string_view column, Show show,
             const Terminal& terminal) {
    const auto& value = table.at(row, column);
    if (!value) return {};
    switch (show) {
    case Show::text:
    case Show::words:
    case Show::number: return {*value};
    case Show::instant: return {instant_text(*value, terminal)};
    case Show::seconds: return {span_text(std::strtod(value->c_str(), nullptr))};
    case Show::boolean: return {*value == "t" ? "yes" : "no"};
    case Show::status: return status_cell(table, row, *value);
    }
    return {};
}

void print_rows(const Invocation& invocation, const db::Table& table,
                const std::vector<ShownColumn>& columns, std::string_view when_empty) {
    if (invocation.json) return write_out(lines_of(json_objects(table)));
    if (table.rows.empty()) {
        fmt::print(stderr, "{}\n", when_empty);
        return;
    }
    const auto terminal = terminal_of(STDOUT_FILENO);
    TextTable text;
    for (const auto& shown : columns)
        text.columns.push_back(
            {std::string(shown.header), is_right(shown.show), shown.show == Show::words});
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        auto& cells = text.rows.emplace_back();
        for (const auto& shown : columns)
            cells.push_back(cell_of(table, row, shown.column, shown.show, terminal));
    }
    write_out(format_table(text, {terminal.columns, terminal.colour}));
}

void print_done(const Invocation& invocation, const db::Table& row, std::string_view sentence) {
    if (invocation.json)
        write_out(compact(json_object(row, 0)) + "\n");
    else
        fmt::print("{}\n", sentence);
}

void write_out(std::string_view bytes) {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
}

} // namespace agentcron::cli
