#include "cli/findings.hpp"

#include "cli/printable.hpp"
#include "cli/table_text.hpp"
#include "cli/terminal.hpp"
#include "db/values.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

using State = base::Finding::State;

constexpr int state_width = 8;
constexpr int what_width = 11;

std::string_view name_of(State state) {
    switch (state) {
    case State::ok: return "ok";
    case State::fixed: return "fixed";
    case State::warning: return "warning";
    case State::failed: return "failed";
    case State::unknown: return "unknown";
    }
    return "";
}

Colour colour_of(State state) {
    switch (state) {
    case State::ok:
    case State::fixed: return Colour::green;
    case State::warning: return Colour::yellow;
    case State::failed: return Colour::red;
    case State::unknown: return Colour::dim;
    }
    return Colour::none;
}

} // namespace

bool has_failed(const Findings& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const auto& finding) { return finding.state == State::failed; });
}

std::string findings_text(const Findings& findings, bool with_colour) {
    std::string text;
    for (const auto& finding : findings) {
        const auto state = fmt::format("{:<{}}", name_of(finding.state), state_width);
        text += fmt::format("{}{:<{}}{}\n",
                            with_colour ? coloured(state, colour_of(finding.state)) : state,
                            finding.what, what_width, printable(finding.detail));
        if (!finding.advice.empty())
            text +=
                fmt::format("{:<{}}{}\n", "", state_width + what_width, printable(finding.advice));
    }
    return text;
}

void print_findings(const Findings& findings) {
    fmt::print("{}", findings_text(findings, terminal_of(STDOUT_FILENO).colour));
}

boost::json::array findings_json(const Findings& findings) {
    boost::json::array all;
    for (const auto& finding : findings)
        all.push_back({{"what", finding.what},
                       {"state", name_of(finding.state)},
                       {"detail", db::storable_text(finding.detail)},
                       {"advice", finding.advice.empty()
                                      ? boost::json::value(nullptr)
                                      : boost::json::value(db::storable_text(finding.advice))}});
    return all;
}

} // namespace agentcron::cli
