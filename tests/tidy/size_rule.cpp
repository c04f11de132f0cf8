#include "tidy/size_rule.hpp"

#include "tidy/cpp_text.hpp"
#include "tidy/functions.hpp"
#include "tidy/tree.hpp"

#include <algorithm>

namespace agentcron::tidy {
namespace {

struct Measured {
    std::string path;
    std::string function; // empty: the file
    int line = 0;
    int lines = 0;
    int lines_max = 0;
};

std::vector<Measured> measure(const std::vector<SourceFile>& files) {
    std::vector<Measured> all;
    for (const SourceFile& file : files) {
        const int lines = static_cast<int>(lines_of(file.text).size());
        all.push_back({file.path, "", 0, lines, file_lines_max});
        if (!is_cpp(file.path)) continue;
        for (const Function& function : functions_of(file.text))
            all.push_back(
                {file.path, function.name, function.line, function.lines, function_lines_max});
    }
    return all;
}

Finding too_long(const Measured& item) {
    const std::string what =
        item.function.empty() ? "the file" : "function \"" + item.function + "\"";
    return {item.path, item.line,
            what + " has " + std::to_string(item.lines) + " lines, at most " +
                std::to_string(item.lines_max) + ": split it by duty"};
}

// An exception is kept while exactly its length is found.
Findings check_exception(const SizeException& exception, const std::vector<Measured>& all) {
    const auto item = std::find_if(all.begin(), all.end(), [&](const Measured& m) {
        return m.path == exception.path && m.function == exception.function &&
               m.lines > m.lines_max;
    });
    if (item == all.end())
        return {{exception.path, 0,
                 "the exception for " +
                     (exception.function.empty() ? "the file" : exception.function) +
                     " is no longer needed: remove it from tests/tidy/exceptions.cpp"}};
    if (item->lines == exception.lines) return {};
    const bool grown = item->lines > exception.lines;
    return {{item->path, item->line,
             "has " + std::to_string(item->lines) + " lines, its exception says " +
                 std::to_string(exception.lines) +
                 (grown ? ": an exception may not grow, split it"
                        : ": lower it in tests/tidy/exceptions.cpp")}};
}

// Characters, not bytes: UTF-8 continuation bytes do not count.
int columns(std::string_view line) {
    return static_cast<int>(std::count_if(line.begin(), line.end(),
                                          [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

} // namespace

Findings check_sizes(const std::vector<SourceFile>& files,
                     const std::vector<SizeException>& exceptions) {
    const std::vector<Measured> all = measure(files);
    Findings findings;
    for (const Measured& item : all) {
        if (item.lines <= item.lines_max) continue;
        const bool excepted =
            std::any_of(exceptions.begin(), exceptions.end(), [&](const SizeException& e) {
                return e.path == item.path && e.function == item.function;
            });
        if (!excepted) findings.push_back(too_long(item));
    }
    for (const SizeException& exception : exceptions)
        for (Finding& finding : check_exception(exception, all))
            findings.push_back(std::move(finding));
    return findings;
}

Findings check_columns(const SourceFile& file) {
    if (file.path.ends_with(".md")) return {};
    Findings findings;
    int number = 0;
    for (const std::string_view line : lines_of(file.text)) {
        ++number;
        if (columns(line) > line_columns_max)
            findings.push_back({file.path, number,
                                "the line has " + std::to_string(columns(line)) +
                                    " columns, at most " + std::to_string(line_columns_max) +
                                    ": break it"});
    }
    return findings;
}

Findings check_median(const std::vector<SourceFile>& files) {
    std::vector<int> lengths;
    for (const SourceFile& file : files)
        if (file.path.starts_with("src/") && is_cpp(file.path))
            lengths.push_back(static_cast<int>(lines_of(file.text).size()));
    if (lengths.empty()) return {};
    const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
    std::nth_element(lengths.begin(), middle, lengths.end());
    if (*middle <= median_file_lines_max) return {};
    return {{"src", 0,
             "the median file has " + std::to_string(*middle) + " lines, at most " +
                 std::to_string(median_file_lines_max) + ": split the longer files by duty"}};
}

} // namespace agentcron::tidy
