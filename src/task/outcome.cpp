#include "task/outcome.hpp"

#include "base/text.hpp"

#include <cerrno>
#include <spdlog/fmt/fmt.h>
#include <system_error>

namespace agentcron::task {

namespace {

// What a person can do about a step of the launch that failed; "" where the error says it all.
std::string advice(const Ending& ending) {
    const bool bare_name = ending.program.find('/') == std::string::npos;
    if (ending.stage == "chdir") {
        return fmt::format("the working directory '{}' cannot be entered; create it or correct "
                           "workspace.dir of the agent",
                           ending.working_directory);
    }
    if (ending.stage == "fork") return "the machine has no room for another process";
    if (ending.stage != "exec") return "";
    switch (ending.error) {
    case ENOENT:
        if (bare_name) {
            return fmt::format("'{}' is not on the agent's PATH; install it, or write its whole "
                               "path into the agent's command",
                               ending.program);
        }
        return fmt::format("'{}', or the interpreter its first line names, does not exist",
                           ending.program);
    case EACCES:
        return fmt::format("'{}' may not be executed; chmod +x makes it executable",
                           ending.program);
    case ENOEXEC:
        return fmt::format("'{}' is no program; a script needs a first line like #!/bin/sh",
                           ending.program);
    case E2BIG: return "the command's arguments and environment are too large together";
    default: return fmt::format("'{}' could not be started", ending.program);
    }
}

std::string with_hint(std::string message, const std::string& hint) {
    if (!hint.empty()) message += ": " + hint;
    return message;
}

std::string mebibytes(std::uint64_t bytes) {
    constexpr std::uint64_t mebibyte = 1ull << 20;
    if (bytes % mebibyte != 0) return fmt::format("{} bytes", bytes);
    return fmt::format("{} MiB", bytes / mebibyte);
}

Outcome by_verdict(const Ending& ending) {
    switch (ending.verdict) {
    case Ending::Verdict::succeeded:
        return {Status::succeeded, Reason::none, ending.verdict_message};
    case Ending::Verdict::asked_and_left:
        return {Status::waiting_for_input, Reason::none, ending.verdict_message};
    case Ending::Verdict::failed: break;
    }
    const std::optional<Reason> reason = reason_from(ending.verdict_reason);
    const bool fits = reason && allows(Status::failed, *reason);
    return {Status::failed, fits ? *reason : Reason::protocol, ending.verdict_message};
}

} // namespace

std::string launch_error_message(const Ending& ending) {
    const std::string error = std::generic_category().message(ending.error);
    const std::string message =
        ending.error == 0 ? ending.stage : fmt::format("{}: {}", ending.stage, error);
    return with_hint(message, advice(ending));
}

Outcome decide_outcome(const Ending& ending) {
    const bool ran = ending.stage == "ran";
    const bool lost = ending.stage == "lost";
    const bool ended_well = ran && !ending.terminated && !ending.deadline_hit &&
                            !ending.output_limit_hit &&
                            ending.verdict == Ending::Verdict::succeeded;
    if (ending.cancel_requested && !ended_well) {
        const bool fits = allows(Status::cancelled, ending.cancel_reason);
        return {Status::cancelled, fits ? ending.cancel_reason : Reason::user, "cancelled"};
    }
    if (!ran && !lost) return {Status::failed, Reason::spawn, launch_error_message(ending)};
    if (ending.deadline_hit) {
        return {Status::failed, Reason::timeout,
                ending.timeout.count() == 0 ? "stopped at the end of its time"
                                            : fmt::format("stopped after its timeout of {}",
                                                          base::format_duration(ending.timeout))};
    }
    if (ending.output_limit_hit) {
        return {Status::failed, Reason::output_limit,
                fmt::format("stopped because it wrote more than {}; limits.output of the agent "
                            "allows more",
                            mebibytes(ending.output_bytes_max))};
    }
    if (ending.question_open && (lost || ending.terminated))
        return {Status::waiting_for_input, Reason::none, ""};
    if (lost) {
        return {Status::failed, Reason::lost,
                "the process vanished without a trace: the machine restarted, or its supervisor "
                "was killed"};
    }
    if (ending.terminated)
        return {Status::failed, Reason::lost, "stopped by agentcron before it was done"};
    return by_verdict(ending);
}

} // namespace agentcron::task
