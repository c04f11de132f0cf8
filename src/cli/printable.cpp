#include "cli/printable.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

constexpr std::size_t tail_bytes_max = 15;

// The length of the well-formed character at the front; 0 if there is none.
std::size_t character_bytes(std::string_view bytes) {
    for (std::size_t length = 1; length <= 4 && length <= bytes.size(); ++length)
        if (base::is_utf8(bytes.substr(0, length))) return length;
    return 0;
}

bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7F;
    return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0; // C1
}

bool is_parameter(char c) {
    return (c >= '0' && c <= '9') || c == ';' || c == ':';
}

// The length of the sequence ESC [ 1;31 m at the front; 0 if it is something else or cut off.
std::size_t colour_sequence_bytes(std::string_view bytes) {
    if (!bytes.starts_with("\x1b[")) return 0;
    std::size_t end = 2;
    while (end < bytes.size() && is_parameter(bytes[end])) ++end;
    return end < bytes.size() && bytes[end] == 'm' ? end + 1 : 0;
}

bool begins_colour_sequence(std::string_view bytes) {
    if (bytes == "\x1b") return true;
    return bytes.starts_with("\x1b[") && std::all_of(bytes.begin() + 2, bytes.end(), is_parameter);
}

bool begins_character(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes[0]);
    const std::size_t wanted = first > 0xF4    ? 0
                               : first >= 0xF0 ? 4
                               : first >= 0xE0 ? 3
                               : first >= 0xC2 ? 2
                                               : 0;
    return bytes.size() < wanted && std::all_of(bytes.begin() + 1, bytes.end(), [](char c) {
               return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
           });
}

} // namespace

std::string printable(std::string_view bytes, Keep keep) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const auto colour = keep == Keep::colours ? colour_sequence_bytes(bytes) : 0;
        const auto length = colour > 0 ? colour : character_bytes(bytes);
        const auto character = bytes.substr(0, std::max<std::size_t>(length, 1));
        if (colour > 0 || character == "\n" || character == "\t" ||
            (length > 0 && !is_control(character)))
            out += character;
        else if (!character.starts_with('\r') || bytes.size() < 2 || bytes[1] != '\n')
            for (const char c : character)
                out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        bytes.remove_prefix(character.size());
    }
    return out;
}

std::size_t incomplete_tail(std::string_view bytes) {
    for (std::size_t tail = std::min(bytes.size(), tail_bytes_max); tail > 0; --tail) {
        const auto end = bytes.substr(bytes.size() - tail);
        if (begins_colour_sequence(end) || begins_character(end)) return tail;
    }
    return 0;
}

std::string indented_text(std::string_view text, int indent) {
    std::string out;
    const auto safe = printable(base::trim(text));
    for (const auto line : base::split(safe, '\n')) {
        if (!out.empty()) out += '\n';
        out.append(static_cast<std::size_t>(indent), ' ').append(line);
    }
    return out;
}

} // namespace agentcron::cli
