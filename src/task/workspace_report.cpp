#include "task/workspace_report.hpp"

#include "base/text.hpp"

#include <charconv>
#include <spdlog/fmt/fmt.h>

namespace agentcron::task {
namespace {

template <class Number>
std::optional<Number> number_from(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string what_is_in_it(const WorkspaceReport& report) {
    std::string words;
    if (report.dirty.value_or(0) > 0)
        words = counted(*report.dirty, "file is not committed", "files are not committed");
    if (report.unpushed.value_or(0) > 0)
        words += (words.empty() ? "" : ", ") + counted(*report.unpushed,
                                                       "commit is on no remote and no other branch",
                                                       "commits are on no remote and no other "
                                                       "branch");
    return words;
}

} // namespace

WorkspaceReport report_from(std::string_view lines) {
    WorkspaceReport report;
    for (const auto line : base::split(lines, '\n')) {
        const auto space = std::min(line.find(' '), line.size());
        const auto word = line.substr(0, space);
        const auto rest = base::trim(line.substr(space));
        if (word == "base") report.base_commit = rest;
        if (word == "branch") report.made_branch = rest == "new";
        if (word == "warning") report.warning = rest;
        if (word == "bytes") report.bytes = number_from<std::uint64_t>(rest);
        if (word == "dirty") report.dirty = number_from<std::int64_t>(rest);
        if (word == "unpushed") report.unpushed = number_from<std::int64_t>(rest);
        if (word == "removed") report.removed = true;
        if (word == "kept") report.kept = rest;
    }
    return report;
}

SettledWorkspace settled_from(const WorkspaceReport& report, const EndedWorkspace& ended,
                              const std::string& failure) {
    SettledWorkspace settled;
    settled.removed = report.removed;
    settled.dirty = report.dirty;
    settled.unpushed = report.unpushed;
    settled.bytes = report.bytes;
    if (settled.removed) return settled;
    settled.stays_against_policy = ended.policy.empty();
    // The first that is known.
    for (const auto& why : {report.kept, what_is_in_it(report), ended.policy, failure}) {
        settled.kept_because = why;
        if (!why.empty()) break;
    }
    return settled;
}

} // namespace agentcron::task
