#include "cli/config_path.hpp"

namespace agentcron::cli {
namespace fs = std::filesystem;

namespace {
constexpr const char* system_wide = "/etc/agentcron";
}

fs::path config_path(const std::string& given) {
    if (!given.empty()) return given;
    std::error_code ignored;
    return fs::is_directory("schedules", ignored) ? fs::path("schedules") : fs::path(system_wide);
}

fs::path daemon_config_path(const std::string& given) {
    const auto path = config_path(given);
    std::error_code ignored;
    return given.empty() && !fs::exists(path, ignored) ? fs::path() : path;
}

config::Config load_config(const fs::path& path) {
    auto loaded = config::load(path);
    if (loaded) return std::move(*loaded);
    std::string text;
    for (const auto& error : loaded.error()) text += (text.empty() ? "" : "\n") + error.text();
    throw config::ConfigError(text);
}

} // namespace agentcron::cli
