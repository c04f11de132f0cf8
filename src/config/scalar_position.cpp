#include "config/scalar_position.hpp"

#include <algorithm>

namespace agentcron::config {
namespace {

constexpr std::string_view blanks = " \t\r\n";

// Line k of a `|` block is line k below its header, behind the block's indentation.
std::size_t offset_in_block(const Source& source, std::size_t offset, std::string_view value,
                            std::size_t index) {
    const std::string_view before = value.substr(0, index);
    const std::size_t line_begin = before.empty() ? 0 : before.rfind('\n') + 1;
    const std::string_view value_line =
        value.substr(line_begin, value.find('\n', line_begin) - line_begin);
    std::size_t at = source.next_line(offset);
    for (auto lines = std::count(before.begin(), before.end(), '\n'); lines > 0; --lines)
        at = source.next_line(at);
    const std::string_view line = source.line_at(at);
    if (at >= source.text().size() || !line.ends_with(value_line)) return offset;
    return at + (line.size() - value_line.size()) + (index - line_begin);
}

} // namespace

std::size_t content_offset(const Source& source, std::size_t offset) {
    const std::string_view text = source.text();
    std::size_t at = offset;
    while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
        at = text.find_first_not_of(blanks, text.find_first_of(blanks, at));
        if (at == std::string_view::npos) return offset;
    }
    return at < text.size() ? at : offset;
}

bool is_unterminated(const Source& source, std::size_t offset) {
    const std::string_view text = source.text();
    if (offset >= text.size()) return false;
    const char quote = text[offset];
    if (quote != '"' && quote != '\'') return false;
    for (std::size_t i = offset + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return false;
            ++i;
        }
    }
    return true;
}

std::size_t offset_of_part(const Source& source, std::size_t offset, std::string_view value,
                           std::size_t index) {
    const std::string_view text = source.text();
    index = std::min(index, value.size());
    if (offset >= text.size()) return offset;
    if (text[offset] == '|') return offset_in_block(source, offset, value, index);
    if (index == 0) return offset;
    const bool quoted = text[offset] == '"' || text[offset] == '\'';
    const std::size_t begin = offset + (quoted ? 1 : 0);
    return text.substr(begin, index) == value.substr(0, index) ? begin + index : offset;
}

} // namespace agentcron::config
