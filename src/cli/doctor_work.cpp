#include "cli/doctor_work.hpp"

#include "base/text.hpp"
#include "cli/time_text.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

constexpr double heartbeat_late_s = 45; // one comes every 20 s
constexpr double rescue_late_s = 180;   // a lease's life after which nobody takes it back
constexpr double start_late_s = 120, wait_long_s = 900;
constexpr double delivery_long_s = 600;

std::string how_to_start(std::string_view half) {
    return fmt::format("Start `agentcron up` (systemctl start agentcron), or `agentcron {}`", half);
}

std::string place_of(const Facts& facts) {
    return fmt::format("{} (pid {})", facts.text("host"), facts.text("pid"));
}

// What is notable about a process that lives.
void judge_process(const Facts& facts, std::string_view what, std::string_view version,
                   Findings& findings) {
    if (facts.number("heartbeat_s") > heartbeat_late_s)
        findings.push_back({std::string(what), State::warning,
                            fmt::format("no sign of life of {} for {}", place_of(facts),
                                        span_text(facts.number("heartbeat_s"))),
                            "Look at its log: it hangs, or its database is slow or away"});
    if (facts.text("version") != version)
        findings.push_back({std::string(what), State::warning,
                            fmt::format("{} is agentcron {}, this is {}", place_of(facts),
                                        facts.text("version"), version),
                            "Restart it with the new version"});
}

base::Finding place_finding(const Facts& facts) {
    return {"places", State::failed,
            fmt::format("task {} is {} and {}", facts.text("task_id"), facts.text("status"),
                        facts.text("problem")),
            fmt::format("It does not go on by itself: agentcron cancel {0}, then agentcron retry "
                        "{0}",
                        facts.text("task_id"))};
}

base::Finding schedule_finding(const Facts& facts) {
    const auto name = facts.text("name"), problem = facts.text("problem");
    const auto detail = base::one_line(facts.text("detail"), 300);
    const auto what = [](State state, std::string said, std::string advice) {
        return base::Finding{"schedules", state, std::move(said), std::move(advice)};
    };
    if (problem == "error")
        return what(State::failed, fmt::format("{} cannot fire: {}", name, detail),
                    "Correct its declaration: `agentcron check` for files, else by an update of "
                    "agentcron.schedules");
    if (problem == "paused")
        return what(State::warning, fmt::format("{} was paused by agentcron: {}", name, detail),
                    fmt::format("When that is dealt with: agentcron resume {}", name));
    if (problem == "unplanned")
        return what(State::warning, name + " was changed, and no scheduler has read it yet",
                    "Look again; if it stays so, see schedulers and their log");
    if (problem == "never")
        return what(State::warning, fmt::format("{} has no fire time to come: `{}`", name, detail),
                    fmt::format("agentcron next \"{}\" shows what it matches; disable what is "
                                "over",
                                detail));
    return what(State::failed,
                fmt::format("{} has been due for {}", name, span_text(facts.number("late_s"))),
                "See schedulers; if one lives, its log says what it meets");
}

} // namespace

Findings judge_workers(const db::Table& workers, std::string_view version) {
    Findings findings;
    std::int64_t alive = 0, slots = 0, running = 0;
    for (std::size_t row = 0; row < workers.rows.size(); ++row) {
        const Facts facts(workers, row);
        if (!facts.has("state")) continue;
        if (facts.text("state") == "lost") {
            findings.push_back(
                {"workers", State::warning,
                 fmt::format("the worker on {} died {} ago, and none lives there now",
                             place_of(facts), span_text(facts.number("heartbeat_s"))),
                 "Start agentcron there again; its log says how it ended"});
            continue;
        }
        ++alive;
        slots += facts.count("slots");
        running += facts.count("running");
        judge_process(facts, "workers", version, findings);
    }
    const Facts needs(workers, 0);
    if (alive == 0) {
        const bool is_needed = needs.count("waiting") > 0 || needs.count("schedules") > 0;
        const auto detail = fmt::format("no worker lives; {} and {} wait for one",
                                        counted(needs.count("waiting"), "task"),
                                        counted(needs.count("schedules"), "schedule"));
        findings.insert(findings.begin(),
                        {"workers", is_needed ? State::failed : State::warning,
                         is_needed ? detail : "no worker lives", how_to_start("worker")});
    }
    if (findings.empty())
        findings.push_back({"workers", State::ok,
                            fmt::format("{} {}, {} of {} slots taken", alive,
                                        alive == 1 ? "lives" : "live", running, slots),
                            ""});
    return findings;
}

Findings judge_schedulers(const db::Table& schedulers, std::string_view version) {
    const Facts first(schedulers, 0);
    if (!first.has("host")) {
        const auto seen = first.has("seen_s")
                              ? fmt::format(" since {} ago", span_text(first.number("seen_s")))
                              : std::string();
        return {{"schedulers", first.count("schedules") > 0 ? State::failed : State::warning,
                 fmt::format("no scheduler lives{}: nothing fires", seen),
                 how_to_start("scheduler")}};
    }
    Findings findings;
    for (std::size_t row = 0; row < schedulers.rows.size(); ++row)
        judge_process(Facts(schedulers, row), "schedulers", version, findings);
    if (findings.empty())
        findings.push_back({"schedulers", State::ok,
                            fmt::format("{} {}", schedulers.rows.size(),
                                        schedulers.rows.size() == 1 ? "lives" : "live"),
                            ""});
    return findings;
}

Findings judge_leases(const db::Table& leases) {
    Findings findings;
    for (std::size_t row = 0; row < leases.rows.size(); ++row) {
        const Facts facts(leases, row);
        if (!facts.has("task_id")) continue;
        const auto overdue = facts.number("overdue_s");
        findings.push_back(
            {"leases", overdue < rescue_late_s ? State::warning : State::failed,
             fmt::format("the lease of task {} ran out {} ago, and nobody takes it back; its "
                         "worker{} is {}",
                         facts.text("task_id"), span_text(overdue),
                         facts.has("host") ? " on " + place_of(facts) : std::string(),
                         facts.text("worker_state")),
             "Any living worker takes it back, within a minute or two: see workers"});
    }
    if (findings.empty())
        findings.push_back({"leases", State::ok,
                            counted(Facts(leases, 0).count("leases"), "task") + " running", ""});
    return findings;
}

Findings judge_queue(const db::Table& queue) {
    const Facts facts(queue, 0);
    const auto state = fmt::format("{} ready, {} held", facts.count("ready"), facts.count("held"));
    const auto late = facts.number("late_s"), late_held = facts.number("late_held_s");
    if (facts.count("workers") == 0) // that is said already
        return {{"queue", State::ok, state, ""}};
    if (late_held > start_late_s)
        return {{"queue", State::failed,
                 fmt::format("a task should have come into the queue {} ago", span_text(late_held)),
                 "Workers let tasks in whose time has come: look at their logs"}};
    if (late > start_late_s && facts.count("free_slots") > 0)
        return {{"queue", State::failed,
                 fmt::format("a task could have started {} ago, and {} free", span_text(late),
                             facts.count("free_slots") == 1
                                 ? "a slot is"
                                 : fmt::format("{} slots are", facts.count("free_slots"))),
                 "`agentcron list` and `agentcron why` say for what it waits; look at the "
                 "workers' logs"}};
    if (late > wait_long_s)
        return {{"queue", State::warning,
                 fmt::format("tasks wait for a slot, the first for {}", span_text(late)),
                 "All slots are taken: more workers, or more slots (up --slots)"}};
    return {{"queue", State::ok, state, ""}};
}

Findings judge_machines(const db::Table& machines) {
    Findings findings;
    for (std::size_t row = 0; row < machines.rows.size(); ++row) {
        const Facts facts(machines, row);
        findings.push_back(
            {"queue", State::warning,
             fmt::format("{} (first {}) only on {}, which has the worktree, and no worker lives "
                         "there",
                         facts.count("tasks") == 1
                             ? std::string("1 task can go on")
                             : fmt::format("{} tasks can go on", facts.count("tasks")),
                         facts.text("first_task"), facts.text("host")),
             "Start a worker on " + facts.text("host")});
    }
    return findings;
}

Findings judge_places(const db::Table& places) {
    Findings findings;
    for (std::size_t row = 0; row < places.rows.size(); ++row)
        findings.push_back(place_finding(Facts(places, row)));
    return findings;
}

Findings judge_blocked(const db::Table& blocked) {
    Findings findings;
    for (std::size_t row = 0; row < blocked.rows.size(); ++row) {
        const Facts facts(blocked, row);
        const auto waiting =
            fmt::format("{} of agent {} {}", counted(facts.count("tasks"), "task"),
                        facts.text("agent"), facts.count("tasks") == 1 ? "waits" : "wait");
        const auto first = facts.text("first_task");
        if (facts.text("reason") == "auth")
            findings.push_back({"blocked", State::warning,
                                fmt::format("{} for a login (first {})", waiting, first),
                                fmt::format("Log the agent in as the worker's user, see agentcron "
                                            "check-agent {}; then agentcron retry {}",
                                            facts.text("agent"), first)});
        else
            findings.push_back({"blocked", State::ok,
                                fmt::format("{} for the end of a usage limit, {} more", waiting,
                                            span_text(std::max(facts.number("left_s"), 0.0))),
                                ""});
    }
    if (findings.empty()) findings.push_back({"blocked", State::ok, "no task is", ""});
    return findings;
}

Findings judge_schedules(const db::Table& schedules) {
    Findings findings;
    for (std::size_t row = 0; row < schedules.rows.size(); ++row)
        if (const Facts facts(schedules, row); facts.has("name"))
            findings.push_back(schedule_finding(facts));
    const Facts first(schedules, 0);
    if (findings.empty())
        findings.push_back(
            {"schedules", State::ok,
             fmt::format("{} enabled, {} paused", first.count("schedules"), first.count("paused")),
             ""});
    return findings;
}

Findings judge_alarms(const db::Table& alarms) {
    const Facts facts(alarms, 0);
    if (facts.count("due") == 0) return {{"alarms", State::ok, "none is late", ""}};
    return {
        {"alarms", State::failed,
         fmt::format("{} late, the first by {}",
                     facts.count("due") == 1 ? "1 is" : fmt::format("{} are", facts.count("due")),
                     span_text(facts.number("late_s"))),
         "Timeouts, reminders and pauses wait for it. See schedulers; PostgreSQL's log has "
         "what an alarm met"}};
}

Findings judge_outbox(const db::Table& outbox) {
    const Facts facts(outbox, 0);
    const auto newest = base::one_line(facts.text("newest"), 200);
    const auto what = [](State state, std::string detail, std::string advice) {
        return base::Finding{"outbox", state, std::move(detail), std::move(advice)};
    };
    Findings findings;
    if (facts.count("overdue") > 0)
        findings.push_back(what(State::failed,
                                fmt::format("{} should have been sent, the oldest {} ago",
                                            counted(facts.count("overdue"), "notification"),
                                            span_text(facts.number("oldest_s"))),
                                "A scheduler sends them: see schedulers"));
    if (facts.count("given_up") > 0)
        findings.push_back(
            what(State::warning,
                 fmt::format("{} given up within a day: {}",
                             counted(facts.count("given_up"), "notification"), newest),
                 "The view agentcron.notifications shows each"));
    else if (facts.count("retrying") > 0 && facts.number("oldest_s") > delivery_long_s)
        findings.push_back(what(State::warning,
                                fmt::format("{} could not be sent yet, the oldest since {}: {}",
                                            counted(facts.count("retrying"), "notification"),
                                            span_text(facts.number("oldest_s")), newest),
                                "The view agentcron.notifications shows each; it is tried "
                                "for a day"));
    if (findings.empty())
        findings.push_back(what(State::ok, "every notification was sent, or is on its way", ""));
    return findings;
}

} // namespace agentcron::cli
