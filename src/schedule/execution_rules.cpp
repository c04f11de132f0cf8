// The rules of what a task does: of a schedule, of its steps, and of whom it tells.
#include "base/text.hpp"
#include "schedule/limits.hpp"
#include "schedule/rules.hpp"

#include <algorithm>
#include <set>
#include <spdlog/fmt/fmt.h>

namespace agentcron::schedule {
namespace {

void check_retry(const Retry& retry, Problems& problems) {
    check_number("retry_attempts", retry.attempts, retry_attempts_min, retry_attempts_max,
                 problems);
    check_duration("retry_backoff", retry.backoff, problems);
    const std::size_t before = problems.size();
    check_duration("retry_max_backoff", retry.max_backoff, problems);
    if (problems.size() == before && retry.max_backoff < retry.backoff &&
        retry.backoff <= policy_duration_max) {
        problems.push_back({"retry_max_backoff", 0,
                            fmt::format("max_backoff {} is shorter than backoff {}",
                                        base::format_duration(retry.max_backoff),
                                        base::format_duration(retry.backoff))});
    }
    if (retry.on) check_choices("retry_on", "", *retry.on, failure_names(), problems);
    check_exit_codes("retry_never_on_exit", "", retry.never_on_exit, problems);
}

void check_success(const Success& success, Problems& problems) {
    if (success.exit_codes.empty())
        problems.push_back({.field = "success",
                            .message = "expected at least one exit code; found none",
                            .member = "exit_codes"});
    check_exit_codes("success", "exit_codes", success.exit_codes, problems);
    if (!success.check.empty()) check_command("success", "check", success.check, problems);
}

// What a target's members are called in messages.
struct TargetNames {
    std::string_view command, webhook, secret_file;
};

template <class Target>
void check_target(const Target& target, const TargetNames& names, Problems& problems) {
    const auto fail = [&](std::string_view member, std::string message) {
        problems.push_back({.field = "notify", .message = std::move(message), .member = member});
    };
    const bool is_webhook = !target.webhook.empty();
    if (is_webhook && !target.command.empty())
        fail(names.webhook, "expected a command or a webhook, found both");
    else if (is_webhook)
        check_url("notify", names.webhook, target.webhook, problems);
    else
        check_command("notify", names.command, target.command, problems);
    if (!target.secret_file.empty() && !is_webhook)
        fail(names.secret_file, "signs the body of a webhook; a command needs none");
    else if (!target.secret_file.empty() && target.secret_file.front() != '/')
        fail(names.secret_file,
             fmt::format("'{}' is not an absolute path", base::one_line(target.secret_file, 120)));
}

// Of a time after a question was asked.
void check_wait(std::string_view member, std::optional<std::size_t> item, base::Seconds wait,
                Problems& problems) {
    if (wait >= base::Seconds{1} && wait <= policy_duration_max) return;
    problems.push_back({.field = "notify",
                        .message = fmt::format("expected 1s to {}, found {}",
                                               base::format_duration(policy_duration_max),
                                               base::format_duration(wait)),
                        .member = member,
                        .item = item});
}

void check_reminders(const std::vector<base::Seconds>& reminders, Problems& problems) {
    if (reminders.size() > reminders_max)
        problems.push_back({.field = "notify",
                            .message = fmt::format("{} are too many; expected at most {}",
                                                   reminders.size(), reminders_max),
                            .member = "reminders"});
    for (std::size_t i = 0; i < reminders.size(); ++i)
        check_wait("reminders", i, reminders[i], problems);
}

void check_count_of(std::string_view member, const std::optional<std::int64_t>& count,
                    Problems& problems) {
    if (count && (*count < 1 || *count > budget_count_max))
        problems.push_back({.field = "budget",
                            .message = fmt::format("{} must be a whole number from 1 to {}", member,
                                                   budget_count_max)});
}

bool is_query_name(std::string_view name) {
    const auto in_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    return !name.empty() && name.size() <= 100 && !(name.front() >= '0' && name.front() <= '9') &&
           std::all_of(name.begin(), name.end(), in_name);
}

void check_context(const Execution& execution, Problems& problems) {
    check_count("context", execution.context.size(), context_max, problems);
    for (const auto& [name, query] : execution.context) {
        const auto fail = [&](std::string message) {
            problems.push_back({"context", 0, std::move(message)});
        };
        if (!is_query_name(name))
            fail(fmt::format("'{}' cannot name a query; a name has 1 to 100 letters, digits or "
                             "'_' and does not start with a digit",
                             base::one_line(name, 120)));
        else if (base::trim(query).empty())
            fail(fmt::format("the query '{}' is empty", name));
        else if (query.size() > query_bytes_max)
            fail(fmt::format("the query '{}' has {} bytes; expected at most {}", name, query.size(),
                             query_bytes_max));
    }
}

} // namespace

void check_budget(const Budget& budget, Problems& problems) {
    if (budget.cost_usd && !(*budget.cost_usd > 0 && *budget.cost_usd <= budget_cost_usd_max))
        problems.push_back({.field = "budget",
                            .message = fmt::format("cost_usd must be above 0, and at most {}",
                                                   budget_cost_usd_max)});
    check_count_of("turns", budget.turns, problems);
    check_count_of("tokens", budget.tokens, problems);
}

void check_execution(const Execution& execution, Problems& problems) {
    check_context(execution, problems);
    if (execution.prompt.size() > prompt_bytes_max) {
        problems.push_back({"prompt", 0,
                            fmt::format("{} bytes are too long; expected at most {}",
                                        execution.prompt.size(), prompt_bytes_max)});
    }
    check_duration("timeout", execution.timeout, problems);
    check_duration("hold", execution.hold, problems);
    check_duration("total_timeout", execution.total_timeout, problems);
    check_duration("stall_timeout", execution.stall_timeout, problems);
    check_duration("input_timeout", execution.input_timeout, problems);
    check_number("max_limit_waits", execution.max_limit_waits, limit_waits_min, limit_waits_max,
                 problems);
    check_budget(execution.budget, problems);
    check_retry(execution.retry, problems);
    check_success(execution.success, problems);
}

void check_conversation(const Schedule& schedule, Problems& problems) {
    std::set<std::string_view> agents;
    for (std::size_t i = 0; i < schedule.steps.size(); ++i) {
        const Step& step = schedule.steps[i];
        const std::string_view agent = step.agent.empty() ? schedule.agent : step.agent;
        if (step.conversation == Conversation::go_on && !agents.contains(agent))
            problems.push_back({.field = "conversation",
                                .message = fmt::format("no earlier step has the agent '{}', so "
                                                       "there is no conversation to continue",
                                                       agent),
                                .step = i});
        agents.insert(agent);
    }
    if (schedule.conversation != Conversation::go_on) return;
    if (!schedule.steps.empty())
        problems.push_back({"conversation", 0,
                            "a chain has no conversation of its own; say it at a step, which then "
                            "continues that of an earlier step with the same agent"});
    if (schedule.overlap == Overlap::allow)
        problems.push_back({"overlap", 0,
                            "with `conversation: continue` only one task may run at a time; write "
                            "queue_all, queue_one, skip or cancel_previous"});
    if (schedule.while_waiting == WhileWaiting::allow)
        problems.push_back({"while_waiting", 0,
                            "with `conversation: continue` the next task waits for the answer, "
                            "too; write skip"});
}

void check_steps(const Schedule& schedule, Problems& problems) {
    if (!schedule.steps.empty() && !schedule.context.empty())
        problems.push_back({"context", 0,
                            "a chain has no prompt of its own; give the queries to the steps that "
                            "use them"});
    check_count("steps", schedule.steps.size(), steps_max, problems);
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < schedule.steps.size(); ++i) {
        const Step& step = schedule.steps[i];
        Problems found;
        check_name("name", step.name, found);
        if (!names.insert(step.name).second)
            found.push_back({"name", 0,
                             fmt::format("'{}' is the name of an earlier step; each needs its own",
                                         step.name)});
        if (!step.agent.empty())
            check_name("agent", step.agent, found);
        else if (schedule.agent.empty())
            found.push_back({"agent", 0, "neither the step nor its schedule names an agent"});
        check_execution(step, found);
        for (Problem& problem : found) {
            problem.step = i;
            problems.push_back(std::move(problem));
        }
    }
}

void check_notify(const Notify& notify, Problems& problems) {
    if (notify.on.empty())
        problems.push_back(
            {.field = "notify",
             .message = fmt::format("expected at least one of {}", fmt::join(event_names(), ", ")),
             .member = "on"});
    check_choices("notify", "on", notify.on, event_names(), problems);
    check_target(notify, {"command", "webhook", "secret_file"}, problems);
    check_reminders(notify.reminders, problems);
    if (!notify.escalate) return;
    check_wait("escalate.after", std::nullopt, notify.escalate->after, problems);
    check_target(*notify.escalate, {"escalate.command", "escalate.webhook", "escalate.secret_file"},
                 problems);
}

} // namespace agentcron::schedule
