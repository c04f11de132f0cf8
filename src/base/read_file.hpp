// A whole file. Not by a stream, whose iterators throw where a read fails: a directory opens like a
// file, and a process may end before its file below /proc is read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace agentcron::base {

// nullopt where it cannot be read; errno says why.
std::optional<std::string> read_file(const std::filesystem::path& path);

} // namespace agentcron::base
