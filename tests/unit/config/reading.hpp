// Reads configuration texts as if they were files of /etc/agentcron, without touching a disk.
#pragma once

#include "config/read.hpp"
#include "support/catch.hpp"

#include <string>
#include <utility>
#include <vector>

namespace agentcron::config {

using Files = std::vector<std::pair<std::string, std::string>>; // name, text

inline auto read_files(const Files& files) {
    std::vector<Source> sources;
    for (const auto& [name, text] : files) sources.emplace_back(name, "/etc/agentcron", text);
    return read(sources, "/home/ann");
}

// One line per error; "" if there is none.
inline std::string errors_of(const Files& files) {
    const auto config = read_files(files);
    if (config) return "";
    std::string all;
    for (const Error& error : config.error()) all += (all.empty() ? "" : "\n") + error.text();
    return all;
}
inline std::string errors_of(const std::string& text) {
    return errors_of(Files{{"a.yaml", text}});
}

inline Config config_of(const Files& files) {
    INFO(errors_of(files));
    auto config = read_files(files);
    REQUIRE(config.has_value());
    return std::move(*config);
}
inline Config config_of(const std::string& text) {
    return config_of(Files{{"a.yaml", text}});
}

} // namespace agentcron::config
