#include "task/outcome.hpp"

#include "base/text.hpp"
#include "task/shortage.hpp"

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
    if (auto said = shortage_advice(ending.stage, ending.error); !said.empty()) return said;
    if (ending.stage == "cgroup") return "the agent could not be put into its control group";
    if (ending.stage != "exec") return "";
    switch (ending.error) {
    case ENOENT:
        if (bare_name) {
            return fmt::format("'{}' is not on the agent's PATH; install it, or name it by "
                               "its whole path",
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

std::string size_in_words(std::uint64_t bytes) {
    constexpr std::uint64_t mebibyte = 1ull << 20, gibibyte = 1ull << 30;
    if (bytes % mebibyte != 0) return fmt::format("{} bytes", bytes);
    if (bytes % gibibyte != 0) return fmt::format("{} MiB", bytes / mebibyte);
    return fmt::format("{} GiB", bytes / gibibyte);
}

Outcome cancelled(const Ending& ending) {
    if (ending.cancel_reason == Reason::replaced)
        return {Status::cancelled, Reason::replaced, "replaced by a newer task"};
    return {Status::cancelled, Reason::user, "cancelled"};
}

Outcome out_of_time(const Ending& ending) {
    return {Status::failed, Reason::timeout,
            ending.timeout.count() == 0 ? "stopped at the end of its time"
                                        : fmt::format("stopped after its timeout of {}",
                                                      base::format_duration(ending.timeout))};
}

std::optional<Outcome> by_limit(const Ending& ending) {
    switch (ending.limit) {
    case Ending::Limit::timeout: return out_of_time(ending);
    case Ending::Limit::total_timeout: return total_timeout_over(ending.total_timeout);
    case Ending::Limit::input_timeout: return nobody_answered(ending.input_timeout);
    case Ending::Limit::stall_timeout:
        return Outcome{Status::failed, Reason::stalled,
                       fmt::format("stopped because it wrote nothing for {}; stall_timeout allows "
                                   "more",
                                   base::format_duration(ending.silent_for))};
    case Ending::Limit::budget:
        return Outcome{Status::failed, Reason::budget, "stopped: " + ending.over_budget, false};
    case Ending::Limit::none: break;
    }
    if (ending.deadline_hit) return out_of_time(ending);
    return std::nullopt;
}

// Another attempt would find no more than this one.
Outcome without_session(const Ending& ending) {
    const auto whose = ending.continues == 0 ? "its" : fmt::format("task {}'s", ending.continues);
    Outcome outcome{
        Status::failed, Reason::protocol,
        fmt::format("{} conversation could not be opened again: {}", whose, ending.verdict_message),
        false};
    outcome.begins_anew = ending.may_begin_anew;
    return outcome;
}

Outcome limited(const Ending& ending) {
    if (ending.limit_waits < ending.max_limit_waits) {
        Outcome outcome{Status::blocked, Reason::usage_limit, ending.verdict_message};
        outcome.until = ending.limited_until;
        return outcome;
    }
    return {Status::failed, Reason::usage_limit,
            fmt::format("stopped by a limit of its provider after {} waits, as many as "
                        "max_limit_waits allows: {}",
                        ending.limit_waits, ending.verdict_message)};
}

Outcome without_login(const Ending& ending) {
    return {Status::blocked, Reason::auth,
            fmt::format("agent {} cannot work before a person helps: {}. Log in to it as {}, or "
                        "correct its key, then `{}`",
                        ending.agent, ending.verdict_message, ending.account, ending.unblock_with)};
}

Outcome by_verdict(const Ending& ending) {
    if (ending.session_is_gone) return without_session(ending);
    switch (ending.verdict) {
    case Ending::Verdict::succeeded:
        if (ending.result_required && !ending.has_result)
            return {Status::failed, Reason::check,
                    "gave no result although success.result is required"};
        return {Status::succeeded, Reason::none, ending.verdict_message};
    case Ending::Verdict::asked_and_left:
        return {Status::waiting_for_input, Reason::none, ending.verdict_message};
    case Ending::Verdict::limited: return limited(ending);
    case Ending::Verdict::login_needed: return without_login(ending);
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

Outcome not_launched(const std::string& stage, int error, std::string message) {
    Outcome outcome{Status::failed, Reason::spawn, std::move(message)};
    outcome.waits_for_machine = is_shortage(stage, error);
    return outcome;
}

Outcome decide_outcome(const Ending& ending) {
    const bool ran = ending.stage == "ran";
    const bool lost = ending.stage == "lost";
    const auto limited = by_limit(ending);
    const bool ended_well = ran && !ending.terminated && !limited && !ending.output_limit_hit &&
                            ending.verdict == Ending::Verdict::succeeded;
    if (ending.cancel_requested && !ended_well) return cancelled(ending);
    if (!ran && !lost)
        return not_launched(ending.stage, ending.error, launch_error_message(ending));
    if (limited) return *limited;
    if (ending.output_limit_hit) {
        return {Status::failed, Reason::output_limit,
                fmt::format("stopped because it wrote more than {}; limits.output of the agent "
                            "allows more",
                            size_in_words(ending.output_bytes_max))};
    }
    if (ending.question_open && (lost || ending.terminated))
        return {Status::waiting_for_input, Reason::none, ""};
    if (lost) {
        return {Status::failed, Reason::lost,
                "the process vanished without a trace: the machine restarted, or its supervisor "
                "was killed"};
    }
    if (ending.terminated) {
        return {Status::failed, Reason::lost,
                ending.lease_over ? "stopped because its lease could not be renewed, so that no "
                                    "other worker starts it while it runs"
                                  : "stopped by agentcron before it was done"};
    }
    if (ending.memory_limit_hit && ending.signal && ending.memory_bytes_max == 0) {
        return {Status::failed, Reason::signal,
                "killed by the kernel because the machine had no memory left; lower the slots or "
                "give the agents limits.memory"};
    }
    if (ending.memory_limit_hit && ending.signal) {
        return {Status::failed, Reason::signal,
                fmt::format("killed by its memory limit of {}; limits.memory of the agent allows "
                            "more",
                            size_in_words(ending.memory_bytes_max))};
    }
    return by_verdict(ending);
}

std::string failure_of(const HookEnding& hook, std::uint64_t output_bytes_max) {
    const bool ran = hook.stage == "ran";
    if (hook.out_of_time) return with_hint("did not end in time", hook.last_line);
    if (hook.output_limit_hit)
        return with_hint(fmt::format("wrote more than {}", size_in_words(output_bytes_max)),
                         hook.last_line);
    if (hook.terminated) return "was stopped by agentcron";
    if (hook.stage == "lost") return with_hint("vanished without a trace", hook.last_line);
    if (!ran) {
        Ending launch;
        launch.stage = hook.stage;
        launch.error = hook.error;
        launch.program = hook.program;
        launch.working_directory = hook.working_directory;
        return "could not be started: " + launch_error_message(launch);
    }
    if (hook.exit_code == 0) return "";
    if (hook.exit_code)
        return with_hint(fmt::format("exited with code {}", *hook.exit_code), hook.last_line);
    return with_hint(hook.signal ? fmt::format("was killed by signal {}", *hook.signal)
                                 : "ended in an unknown way",
                     hook.last_line);
}

Outcome decide_outcome(const Ending& agent, const HookEnding& check) {
    const auto failure = failure_of(check, agent.output_bytes_max);
    if (failure.empty()) return by_verdict(agent);
    if (agent.cancel_requested) return cancelled(agent);
    if (agent.limit == Ending::Limit::total_timeout) return total_timeout_over(agent.total_timeout);
    const bool cut = check.out_of_time || check.output_limit_hit;
    if (check.terminated && !cut)
        return {Status::failed, Reason::lost, "stopped by agentcron before its check was done"};
    const bool started = check.stage == "ran" || check.stage == "lost" || cut;
    return {Status::failed, Reason::check,
            started ? fmt::format("its check '{}' {}", check.program, failure)
                    : "the check " + failure,
            started};
}

Outcome total_timeout_over(base::Seconds total_timeout) {
    return {Status::failed, Reason::timeout,
            fmt::format("stopped at the end of its total_timeout of {}",
                        base::format_duration(total_timeout)),
            false};
}

Outcome budget_used_up(const std::string& which) {
    return {Status::failed, Reason::budget, "not started: " + which, false};
}

Outcome nobody_answered(base::Seconds input_timeout) {
    return {Status::failed, Reason::input_timeout,
            input_timeout.count() == 0 ? "nobody answered in time"
                                       : fmt::format("nobody answered within its input_timeout of "
                                                     "{}",
                                                     base::format_duration(input_timeout)),
            false};
}

} // namespace agentcron::task
