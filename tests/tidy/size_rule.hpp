// How long files, functions and lines may be, and which are longer for now.
#pragma once

#include "tidy/finding.hpp"

namespace agentcron::tidy {

inline constexpr int file_lines_max = 400;
inline constexpr int function_lines_max = 70;
inline constexpr int line_columns_max = 100;
inline constexpr int median_file_lines_max = 120;

// A file or function that is longer than the rule. `lines` is its exact length now: growing is a
// finding, and so is shrinking without lowering the number here or removing the entry.
struct SizeException {
    std::string path;
    std::string function; // empty: the file itself
    int lines = 0;
};

const std::vector<SizeException>& size_exceptions();

// Lengths of files and of C++ functions.
Findings check_sizes(const std::vector<SourceFile>& files,
                     const std::vector<SizeException>& exceptions);

// Lines longer than line_columns_max characters. Markdown may have them.
Findings check_columns(const SourceFile& file);

// The median length of the C++ files in src/.
Findings check_median(const std::vector<SourceFile>& files);

} // namespace agentcron::tidy
