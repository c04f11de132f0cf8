// How long files, functions and lines may be.
#pragma once

#include "tidy/exceptions.hpp"
#include "tidy/finding.hpp"

namespace agentcron::tidy {

inline constexpr int file_lines_max = 400;
inline constexpr int function_lines_max = 70;
inline constexpr int line_columns_max = 100;
inline constexpr int median_file_lines_max = 120;

// Lengths of files and of C++ functions.
Findings check_sizes(const std::vector<SourceFile>& files,
                     const std::vector<SizeException>& exceptions);

// Lines longer than line_columns_max characters. Markdown may have them.
Findings check_columns(const SourceFile& file);

// The median length of the C++ files in src/.
Findings check_median(const std::vector<SourceFile>& files);

} // namespace agentcron::tidy
