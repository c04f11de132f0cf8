// The files of this repository that the rules look at.
#pragma once

#include "tidy/finding.hpp"

#include <filesystem>
#include <string_view>

namespace agentcron::tidy {

bool is_cpp(std::string_view path); // .cpp and .hpp

// Written by people: C++, SQL, scripts, CMake, YAML, units, Markdown. Not data.
bool is_source(std::string_view path, std::string_view first_line);

// Every source below the top-level folders, sorted by path; build folders are not among them.
std::vector<SourceFile> read_tree(const std::filesystem::path& top);

// Paths of all files below one folder, data too.
std::vector<std::string> list_files(const std::filesystem::path& top, std::string_view folder);

} // namespace agentcron::tidy
