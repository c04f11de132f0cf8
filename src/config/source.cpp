#include "config/source.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <utility>

namespace agentcron::config {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

} // namespace

Source::Source(std::filesystem::path file, std::filesystem::path directory, std::string text)
    : file_(std::move(file)), directory_(std::move(directory)), text_(std::move(text)) {
    if (text_.starts_with(byte_order_mark)) text_.erase(0, byte_order_mark.size());
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\n') line_starts_.push_back(i + 1);
    }
}

std::size_t Source::line_start(std::size_t offset) const {
    return *std::prev(std::upper_bound(line_starts_.begin(), line_starts_.end(), offset));
}

std::size_t Source::next_line(std::size_t offset) const {
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    return next == line_starts_.end() ? text_.size() : *next;
}

std::string_view Source::line_at(std::size_t offset) const {
    const std::size_t start = line_start(offset);
    std::string_view line = std::string_view(text_).substr(start, next_line(offset) - start);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

int Source::line_number(std::size_t offset) const {
    const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
    return static_cast<int>(next - line_starts_.begin());
}

Position Source::position(std::size_t offset) const {
    offset = std::min(offset, text_.size());
    const std::size_t start = line_start(offset);
    const std::string_view before = std::string_view(text_).substr(start, offset - start);
    const auto continued = std::count_if(before.begin(), before.end(), is_continuation);
    return {line_number(offset), static_cast<int>(std::ssize(before) - continued) + 1};
}

std::size_t find_invalid_utf8(std::string_view text) {
    constexpr std::size_t character_bytes_max = 4;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t length = 1;
        while (length <= character_bytes_max && !base::is_utf8(text.substr(i, length))) ++length;
        if (length > character_bytes_max) return i;
        i += length;
    }
    return std::string_view::npos;
}

} // namespace agentcron::config
