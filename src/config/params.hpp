// A schedule's `params:` as JSON.
#pragma once

#include "config/error_list.hpp"
#include "config/source.hpp"
#include "config/yaml_tree.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <vector>

namespace agentcron::config {

// A plain value that JSON reads as a number, true, false or null is that; any other is text, so
// `007`, `1e`, `yes` and `2026-01-31` stay what they look like. nullopt after an error.
std::optional<boost::json::object> params_to_json(const std::vector<Entry>& params,
                                                  const Source& source, ErrorList& errors);

// Counts what aliases repeat: params are copied into every task.
inline constexpr std::size_t params_values_max = 10'000;

} // namespace agentcron::config
