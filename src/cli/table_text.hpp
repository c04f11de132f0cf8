// Tables for people: pure text, sized to a width. Any bytes may be in a cell; nothing of them can
// steer the terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::cli {

enum class Colour { none, green, red, yellow, blue, dim };

// The text in that colour by an escape sequence; unchanged for none.
std::string coloured(std::string_view text, Colour colour);

struct Cell {
    std::string text;
    Colour colour = Colour::none;
};

struct TextColumn {
    std::string header;
    bool right = false;   // numbers: aligned at their end
    bool shrinks = false; // may be cut, "like th…", when the width is too small for all
};

struct TextTable {
    std::vector<TextColumn> columns;
    std::vector<std::vector<Cell>> rows;
};

struct TableStyle {
    int width = 0; // in terminal columns; 0 = without limit
    bool colour = false;
};

// A header and one line per row, columns two spaces apart, no space at a line's end. A column in
// which every cell is empty is left out. Only the first line of a cell is shown.
std::string format_table(const TextTable& table, const TableStyle& style);

// How many terminal columns well-formed UTF-8 takes: combining marks none, wide characters two.
int display_width(std::string_view text);
// The text itself, or its beginning and "…", at most `width` terminal columns wide.
std::string cut_to_width(std::string_view text, int width);

} // namespace agentcron::cli
