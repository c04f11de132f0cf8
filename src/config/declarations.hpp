// One file while it is read, and what the files together declare.
#pragma once

#include "config/config.hpp"
#include "config/error_list.hpp"
#include "config/map_reader.hpp"
#include "config/source.hpp"
#include "config/yaml_tree.hpp"
#include "cron/zone_cache.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace agentcron::config {

struct OpenFile {
    const Source& source;
    ErrorList& errors;
    Tree tree;
    MapReader top;
};

// Names that may stand once over all files, with the place of the first.
class Declared {
public:
    // `what` is the kind of thing, for the message. A second declaration is reported and false.
    bool declare(std::string_view what, const std::string& name, const OpenFile& file,
                 std::size_t offset);
    bool contains(std::string_view name) const { return places_.contains(name); }
    std::vector<std::string_view> names() const;

private:
    struct Place {
        const Source* source;
        std::size_t offset;
    };
    std::map<std::string, Place, std::less<>> places_;
};

struct BadPath {
    std::string message;
};
// The path as written in a file: `~/` is `home`, a relative one starts at the file's directory.
// Result: absolute and without `.` and `..`.
base::Result<std::string, BadPath>
resolve_path(std::string_view path, const std::filesystem::path& directory, std::string_view home);

// A key's path, resolved; reported if it is none.
void read_path(MapReader& reader, std::string_view key, const OpenFile& file, std::string_view home,
               std::string& target);

// Each appends what one file declares to its list, good or not: errors decide in the end.
void read_agents(OpenFile& file, std::string_view home, Declared& declared,
                 std::vector<agent::Profile>& agents);
void read_settings(OpenFile& file, Declared& declared, Settings& settings);

} // namespace agentcron::config
