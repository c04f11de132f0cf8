#include "cli/doctor_facts.hpp"

#include "base/text.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {

std::string counted(std::int64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string shortened(std::string_view list, std::size_t shown) {
    std::string text;
    std::size_t taken = 0;
    std::string_view rest = list;
    while (!rest.empty() && taken < shown) {
        const auto end = std::min(rest.find(", "), rest.size());
        text += (taken++ == 0 ? "" : ", ") + std::string(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 2, rest.size()));
    }
    if (rest.empty()) return text;
    std::size_t left = 1;
    for (auto at = rest.find(", "); at != std::string_view::npos; at = rest.find(", ", at + 1))
        ++left;
    return fmt::format("{} and {} more", text, left);
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::string_view units = "KMGT";
    if (bytes < 1024) return fmt::format("{}B", bytes);
    auto value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
    return value < 10 ? fmt::format("{:.1f}{}", value, units[unit])
                      : fmt::format("{:.0f}{}", value, units[unit]);
}

} // namespace agentcron::cli
