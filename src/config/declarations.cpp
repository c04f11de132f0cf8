#include "config/declarations.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::config {

bool Declared::declare(std::string_view what, const std::string& name, const OpenFile& file,
                       std::size_t offset) {
    const auto [found, is_new] = places_.emplace(name, Place{&file.source, offset});
    if (!is_new) {
        const Place& first = found->second;
        const Position position = first.source->position(first.offset);
        file.errors.add(file.source, offset,
                        fmt::format("duplicate {} '{}'; it already stands at {}:{}:{}", what, name,
                                    first.source->file().string(), position.line, position.column));
    }
    return is_new;
}

std::vector<std::string_view> Declared::names() const {
    std::vector<std::string_view> names;
    for (const auto& [name, place] : places_) names.push_back(name);
    return names;
}

base::Result<std::string, BadPath>
resolve_path(std::string_view path, const std::filesystem::path& directory, std::string_view home) {
    if (path.empty()) return BadPath{"expected a path, found an empty text"};
    std::filesystem::path full = directory / path;
    if (path.front() == '~') {
        if (path.size() > 1 && path[1] != '/') {
            return BadPath{fmt::format("'{}' names another user's home, which is not looked up; "
                                       "write the whole path",
                                       path)};
        }
        if (home.empty())
            return BadPath{fmt::format("'{}' needs the variable HOME, which is not set", path)};
        full = std::filesystem::path(home) / path.substr(std::min<std::size_t>(2, path.size()));
    }
    std::string text = full.lexically_normal().string();
    if (text.size() > 1 && text.ends_with('/')) text.pop_back();
    return {boost::system::in_place_value, std::move(text)};
}

void read_path(MapReader& reader, std::string_view key, const OpenFile& file, std::string_view home,
               std::string& target) {
    std::string path;
    reader.read(key, path);
    if (!reader.value(key)) return;
    if (auto full = resolve_path(path, file.source.directory(), home)) {
        target = *full;
    } else {
        reader.fail(key, full.error().message);
    }
}

} // namespace agentcron::config
