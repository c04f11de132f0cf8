#include "engine/launch_settings.hpp"

#include <array>
#include <cstdlib>
#include <pwd.h>
#include <spdlog/fmt/fmt.h>
#include <stdexcept>
#include <unistd.h>

namespace agentcron::engine {
namespace fs = std::filesystem;
namespace {

// Beside the binary in a build tree, below libexec when installed.
fs::path find_shim(const fs::path& binary) {
    const auto directory = binary.parent_path();
    const std::array candidates{directory / "agentcron-shim",
                                directory / "../libexec/agentcron/agentcron-shim"};
    for (const auto& candidate : candidates)
        if (fs::exists(candidate)) return fs::canonical(candidate);
    throw std::runtime_error("agentcron-shim is neither beside " + binary.string() +
                             " nor in ../libexec/agentcron: install it with agentcron");
}

// Whose logins the agents use.
std::string account() {
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    const auto* me = ::getpwuid(::geteuid());
    return fmt::format("user {} on {}", me ? me->pw_name : std::to_string(::geteuid()), host);
}

} // namespace

LaunchSettings launch_settings(const fs::path& run_root) {
    const fs::path binary = fs::read_symlink("/proc/self/exe");
    const char* home = std::getenv("HOME");
    LaunchSettings settings{.shim = find_shim(binary),
                            .run_root = run_root,
                            .binary_directory = binary.parent_path(),
                            .default_directory = home ? home : "/",
                            .environment = {},
                            .account = account()};
    for (char** entry = environ; *entry; ++entry) settings.environment.emplace_back(*entry);
    return settings;
}

} // namespace agentcron::engine
