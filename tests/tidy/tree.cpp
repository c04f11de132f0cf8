#include "tidy/tree.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace agentcron::tidy {

namespace fs = std::filesystem;

bool is_cpp(std::string_view path) {
    return path.ends_with(".cpp") || path.ends_with(".hpp");
}

bool is_source(std::string_view path, std::string_view first_line) {
    constexpr std::array<std::string_view, 11> suffixes{".cpp", ".hpp",           ".sql",   ".sh",
                                                        ".py",  "CMakeLists.txt", ".cmake", ".yaml",
                                                        ".yml", ".service",       ".md"};
    return first_line.starts_with("#!") ||
           std::any_of(suffixes.begin(), suffixes.end(), [&](auto s) { return path.ends_with(s); });
}

std::vector<std::string> list_files(const fs::path& top, std::string_view folder) {
    std::vector<std::string> paths;
    if (!fs::exists(top / folder)) return paths;
    for (const auto& entry : fs::recursive_directory_iterator(top / folder))
        if (entry.is_regular_file())
            paths.push_back(entry.path().lexically_relative(top).generic_string());
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::vector<SourceFile> read_tree(const fs::path& top) {
    std::vector<std::string> paths{"CMakeLists.txt", "README.md"};
    for (const std::string_view folder : {"src", "tests", "migrations", "schedules", "systemd"})
        for (std::string& path : list_files(top, folder)) paths.push_back(std::move(path));

    std::vector<SourceFile> files;
    for (const std::string& path : paths) {
        std::ifstream stream(top / path, std::ios::binary);
        if (!stream) continue;
        std::string text(std::istreambuf_iterator<char>(stream), {});
        if (is_source(path, std::string_view(text).substr(0, 2)))
            files.push_back({path, std::move(text)});
    }
    return files;
}

} // namespace agentcron::tidy
