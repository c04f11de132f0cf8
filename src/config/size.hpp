#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace agentcron::config {

// "256M", "4G", "65536": bytes, with the binary units K, M, G, T; 1 to size_max.
base::Result<std::uint64_t, std::string> parse_size(std::string_view text);
inline constexpr std::uint64_t size_max = 1ull << 50;
// What parse_size reads, as a regular expression of the JSON Schema.
inline constexpr std::string_view size_pattern = "^[0-9]+[KMGT]?$";

} // namespace agentcron::config
