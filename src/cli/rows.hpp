// Rows of a query as what the user asked for: a table on stdout, or JSON.
#pragma once

#include "cli/invocation.hpp"
#include "cli/table_text.hpp"
#include "cli/terminal.hpp"
#include "db/client.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::cli {

enum class Show {
    text,
    words, // text that may be cut where the terminal is narrow
    number,
    instant, // local time and age on a terminal, else RFC 3339 in UTC
    seconds, // a span
    status,  // coloured; with the row's `reason` in brackets
    boolean, // yes or no
};

struct ShownColumn {
    std::string_view column; // of the query
    std::string_view header;
    Show show = Show::text;
};

// One field as people read it.
Cell cell_of(const db::Table& table, std::size_t row, std::string_view column, Show show,
             const Terminal& terminal);

// A table, or with --json an array of objects with all columns of the query. Where there are no
// rows, `when_empty` says on stderr what that means.
void print_rows(const Invocation& invocation, const db::Table& table,
                const std::vector<ShownColumn>& columns, std::string_view when_empty);

// After a change: the sentence, or with --json the row that the statement gave, as one object.
void print_done(const Invocation& invocation, const db::Table& row, std::string_view sentence);

// Writes bytes to stdout, whatever they are.
void write_out(std::string_view bytes);

} // namespace agentcron::cli
