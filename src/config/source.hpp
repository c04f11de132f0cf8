// One YAML file as it was read: its text and where each line starts, so that every message can say
// line:column. Offsets are bytes from the start of the text, without a byte order mark.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::config {

struct Position {
    int line = 0;   // from 1
    int column = 0; // from 1, in characters, as an editor counts
};

class Source {
public:
    // `file` is what messages show; `directory` (absolute) is where relative paths in it start.
    Source(std::filesystem::path file, std::filesystem::path directory, std::string text);

    const std::filesystem::path& file() const { return file_; }
    const std::filesystem::path& directory() const { return directory_; }
    const std::string& text() const { return text_; }
    // An offset past the end gives the end.
    Position position(std::size_t offset) const;
    int line_number(std::size_t offset) const; // cheap, whatever the length of the line
    // The line that holds the offset, without its end.
    std::string_view line_at(std::size_t offset) const;
    // The start of the line after the one that holds the offset; text().size() after the last.
    std::size_t next_line(std::size_t offset) const;
    std::size_t line_start(std::size_t offset) const;

private:
    std::filesystem::path file_;
    std::filesystem::path directory_;
    std::string text_;
    std::vector<std::size_t> line_starts_;
};

// The offset of the first byte that is not well-formed UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

} // namespace agentcron::config
