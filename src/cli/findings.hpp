// Findings as people read them, or as JSON. For the commands that look whether things are right.
#pragma once

#include "base/finding.hpp"

#include <boost/json/array.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::cli {

using Findings = std::vector<base::Finding>;

bool has_failed(const Findings& findings);

// One line each, "failed  login      not logged in", and its advice on a line below.
std::string findings_text(const Findings& findings, bool with_colour);
void print_findings(const Findings& findings);
// [{"what", "state", "detail", "advice"}]; no advice is null.
boost::json::array findings_json(const Findings& findings);

} // namespace agentcron::cli
