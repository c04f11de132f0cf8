// What end-to-end tests see of a daemon from outside.
#pragma once

#include "base/read_file.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <poll.h>
#include <string>

namespace agentcron::e2e {

constexpr std::chrono::seconds limit{90};

inline std::string content(const std::filesystem::path& path) {
    return base::read_file(path).value_or("");
}

// The processes whose socket is below that state directory: agents and all that they started.
inline std::size_t agents_of(const std::filesystem::path& state) {
    const std::string variable = "AGENTCRON_SOCKET=" + state.string();
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        if (std::atoi(entry.path().filename().c_str()) <= 0) continue;
        found += content(entry.path() / "environ").find(variable) != std::string::npos;
    }
    return found;
}

// Looks every 20 ms until it holds: what it looks at gives no event.
template <class Condition>
bool comes(Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        ::poll(nullptr, 0, 20);
    }
    return true;
}

} // namespace agentcron::e2e
