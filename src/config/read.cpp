#include "config/read.hpp"

#include "config/calendars.hpp"
#include "config/declarations.hpp"
#include "config/keys.hpp"
#include "config/read_schedules.hpp"

#include <deque>
#include <utility>

namespace agentcron::config {

base::Result<Config, std::vector<Error>> read(const std::vector<Source>& sources,
                                              std::string_view home, ErrorList errors) {
    static const Node nothing{};
    Config config;
    bool all_files = errors.empty();
    std::deque<OpenFile> files;
    for (const Source& source : sources) {
        config.files.push_back(source.file());
        auto tree = parse_yaml(source, errors);
        if (!tree) {
            all_files = false;
            continue;
        }
        const Node& root = tree->root ? *tree->root : nothing;
        MapReader top(source, errors, file_keys(), root, 0);
        files.push_back({source, errors, std::move(*tree), std::move(top)});
    }
    Declared agents, schedules, settings;
    Calendars calendars;
    bool agents_known = all_files;
    for (OpenFile& file : files) {
        read_agents(file, home, agents, config.agents);
        calendars.read(file);
        if (file.top.has("agents") && !file.top.value("agents")) agents_known = false;
    }
    cron::ZoneCache zones;
    const Known known{agents_known ? &agents : nullptr, calendars, all_files, home};
    for (OpenFile& file : files) {
        read_settings(file, settings, config.settings);
        read_schedules(file, known, zones, schedules, config.schedules);
    }
    if (!errors.empty()) return errors.take();
    return config;
}

} // namespace agentcron::config
