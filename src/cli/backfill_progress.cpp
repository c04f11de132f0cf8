#include "cli/backfill_progress.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {

BackfillProgress backfill_progress(const db::Table& row) {
    const auto number = [&](std::string_view column) { return std::stoll(*row.at(0, column)); };
    return {.id = number("id"),
            .schedule = row.at(0, "schedule").value_or(""),
            .state = *row.at(0, "state"),
            .cursor = *row.at(0, "cursor"),
            .queued = number("made") + number("rerun"),
            .kept = number("kept"),
            .running = number("running"),
            .unfinished = number("unfinished"),
            .succeeded = number("succeeded"),
            .failed = number("failed"),
            .skipped = number("skipped"),
            .error = row.at(0, "error").value_or(""),
            .has_scheduler = row.at(0, "has_scheduler") == "t",
            .has_worker = row.at(0, "has_worker") == "t"};
}

std::string progress_line(const BackfillProgress& progress) {
    auto line = fmt::format("{} made", progress.queued);
    if (progress.kept > 0) line += fmt::format(", {} had run already", progress.kept);
    if (progress.unfinished > 0)
        line += fmt::format(", {} running, {} queued", progress.running,
                            progress.unfinished - progress.running);
    line += fmt::format(", {} succeeded, {} failed", progress.succeeded, progress.failed);
    if (progress.skipped > 0) line += fmt::format(", {} skipped", progress.skipped);
    if (progress.state == "making") line += fmt::format("; made up to {}", progress.cursor);
    return line;
}

std::string standstill(const BackfillProgress& progress) {
    if (progress.state == "making" && !progress.has_scheduler)
        return "no scheduler is alive, so nothing is made; start one with `agentcron up`";
    if (!progress.has_ended() && progress.unfinished > 0 && !progress.has_worker)
        return "no worker is alive, so nothing runs; start one with `agentcron up`";
    return "";
}

} // namespace agentcron::cli
