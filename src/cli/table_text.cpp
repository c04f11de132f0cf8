#include "cli/table_text.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <clocale>
#include <cwchar>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

constexpr int gap = 2;
constexpr int shrunk_width_min = 8;
constexpr std::size_t cell_bytes_max = 2000;

// wcwidth and mbrtowc follow the locale; tables are UTF-8 whatever the user's is.
class Utf8Locale {
public:
    Utf8Locale() : before_(::uselocale(utf8())) {}
    ~Utf8Locale() { ::uselocale(before_); }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

private:
    static locale_t utf8() {
        static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return locale;
    }
    locale_t before_;
};

struct Character {
    std::size_t bytes = 0;
    int width = 0;
};

// The first character of a text that is not empty. What is no character is one column wide.
Character first_character(std::string_view text) {
    wchar_t wide = 0;
    std::mbstate_t state{};
    const std::size_t bytes = std::mbrtowc(&wide, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) return {1, 1};
    return {bytes, std::max(::wcwidth(wide), 0)};
}

// C1 controls are well-formed UTF-8 and yet steer some terminals.
std::string without_controls(std::string text) {
    for (std::size_t at = 0; (at = text.find('\xC2', at)) != std::string::npos; ++at)
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0)
            text.replace(at, 2, "  ");
    return text;
}

std::string shown(const std::string& text) {
    return without_controls(base::one_line(text, cell_bytes_max));
}

// Columns that have something to show, with every cell as it will stand there.
TextTable prepared(const TextTable& table) {
    TextTable result;
    result.rows.resize(table.rows.size());
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const bool empty = std::all_of(table.rows.begin(), table.rows.end(),
                                       [c](const auto& row) { return row[c].text.empty(); });
        if (empty && !table.rows.empty()) continue;
        result.columns.push_back(table.columns[c]);
        for (std::size_t r = 0; r < table.rows.size(); ++r)
            result.rows[r].push_back({shown(table.rows[r][c].text), table.rows[r][c].colour});
    }
    return result;
}

std::vector<int> natural_widths(const TextTable& table) {
    std::vector<int> widths;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        int width = display_width(table.columns[c].header);
        for (const auto& row : table.rows) width = std::max(width, display_width(row[c].text));
        widths.push_back(width);
    }
    return widths;
}

// Takes from the widest column that may shrink, until all fit or none can give more.
void fit(std::vector<int>& widths, const TextTable& table, int width) {
    const auto gaps = gap * (static_cast<int>(widths.size()) - 1);
    int excess = gaps - width;
    for (const int w : widths) excess += w;
    while (excess > 0) {
        std::size_t widest = widths.size();
        for (std::size_t c = 0; c < widths.size(); ++c)
            if (table.columns[c].shrinks && widths[c] > shrunk_width_min &&
                (widest == widths.size() || widths[c] > widths[widest]))
                widest = c;
        if (widest == widths.size()) return;
        --widths[widest];
        --excess;
    }
}

std::string padded(const Cell& cell, int width, bool right, bool colour) {
    const auto text = cut_to_width(cell.text, width);
    const std::string space(static_cast<std::size_t>(width - display_width(text)), ' ');
    const auto visible = colour ? coloured(text, cell.colour) : text;
    return right ? space + visible : visible + space;
}

} // namespace

std::string coloured(std::string_view text, Colour colour) {
    const auto with = [&](int code) { return fmt::format("\x1b[{}m{}\x1b[0m", code, text); };
    if (text.empty()) return {};
    switch (colour) {
    case Colour::none: return std::string(text);
    case Colour::green: return with(32);
    case Colour::red: return with(31);
    case Colour::yellow: return with(33);
    case Colour::blue: return with(34);
    case Colour::dim: return with(2);
    }
    return std::string(text);
}

std::string format_table(const TextTable& given, const TableStyle& style) {
    const auto table = prepared(given);
    auto widths = natural_widths(table);
    if (style.width > 0) fit(widths, table, style.width);
    std::string out;
    const auto add_line = [&](const auto& cell_at) {
        std::string line;
        for (std::size_t c = 0; c < widths.size(); ++c) {
            if (c > 0) line.append(gap, ' ');
            line += padded(cell_at(c), widths[c], table.columns[c].right, style.colour);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + '\n';
    };
    add_line([&](std::size_t c) { return Cell{table.columns[c].header, Colour::dim}; });
    for (const auto& row : table.rows) add_line([&](std::size_t c) { return row[c]; });
    return out;
}

int display_width(std::string_view text) {
    const Utf8Locale utf8;
    int width = 0;
    while (!text.empty()) {
        const auto character = first_character(text);
        width += character.width;
        text.remove_prefix(character.bytes);
    }
    return width;
}

std::string cut_to_width(std::string_view text, int width) {
    if (display_width(text) <= width) return std::string(text);
    const Utf8Locale utf8;
    std::size_t end = 0;
    for (int used = 1; end < text.size();) { // one column for the ellipsis
        const auto character = first_character(text.substr(end));
        if (used + character.width > width) break;
        used += character.width;
        end += character.bytes;
    }
    return std::string(text.substr(0, end)) + "…";
}

} // namespace agentcron::cli
