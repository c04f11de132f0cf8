#include "chaos/checker.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::chaos {
namespace {

constexpr int unsaid = -2; // no exit code

std::string name_of(const Run& run) {
    return fmt::format("task {} run {}", run.first, run.second);
}

bool is_final(const std::string& status) {
    return status == "succeeded" || status == "failed" || status == "cancelled" ||
           status == "skipped";
}

// All lines, or all but the last: that one may not have got out.
std::string text_of(const std::vector<std::string>& lines, bool whole) {
    std::string text;
    for (std::size_t i = 0; i + (whole ? 0 : 1) < lines.size(); ++i) text += lines[i] + "\n";
    return text;
}

class Check {
public:
    Check(const History& history, const Promises& promises)
        : history_(history), promises_(promises) {}

    std::vector<std::string> run() {
        for (const auto& schedule : history_.schedules) due_times(schedule);
        one_at_a_time();
        for (const auto& [run, attempt] : history_.attempts) {
            outcome(attempt);
            output(attempt);
            loss(attempt);
        }
        accounts();
        questions();
        tasks();
        remains();
        return std::move(found_);
    }

private:
    template <class... Arguments>
    void violated(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
        found_.push_back(fmt::format(text, std::forward<Arguments>(arguments)...));
    }

    const Account* account_of(const Run& run) const {
        const auto found = history_.accounts.find(run);
        return found == history_.accounts.end() ? nullptr : &found->second;
    }

    // Whether its daemon fell silent during its life, in a way that counts.
    template <class Counts>
    bool had_silence(const Attempt& attempt, Counts counts) const {
        const auto end = attempt.outcome.empty() ? INT64_MAX : attempt.finished;
        return std::any_of(history_.silences.begin(), history_.silences.end(), [&](const auto& s) {
            return s.daemon == attempt.daemon && s.from <= end && s.to >= attempt.started &&
                   counts(s);
        });
    }
    bool daemon_died(const Attempt& attempt) const {
        return had_silence(attempt, [](const Silence& silence) { return silence.died; });
    }
    // Two thirds of a lease are left when its worker falls silent, less what it needs to end its
    // agents before another one may start theirs.
    bool lease_may_have_run_out(const Attempt& attempt) const {
        return had_silence(attempt, [this](const Silence& silence) {
            return silence.to - silence.from > promises_.lease / 5;
        });
    }
    bool shim_was_killed(const Run& run) const {
        return std::count(history_.killed_shims.begin(), history_.killed_shims.end(), run) > 0;
    }

    // Every due time up to the end has exactly one row that stands for it.
    void due_times(const Schedule& schedule) {
        if (schedule.next_fire_at < history_.healed)
            violated("schedule {} is wedged: it was not planned any more after the end of the "
                     "faults",
                     schedule.name);
        std::map<Micros, int> fates;
        for (const auto& [id, task] : history_.tasks) {
            if (task.schedule_id != schedule.id || !task.fire_time) continue;
            const auto from = task.covers_from.value_or(*task.fire_time);
            int covered = 0;
            for (auto due = from; due <= *task.fire_time; due += schedule.period, ++covered)
                ++fates[due];
            if (covered != task.fires_covered)
                violated("task {} of schedule {} says that it stands for {} due times, but it is "
                         "{}",
                         id, schedule.name, task.fires_covered, covered);
        }
        for (auto due = schedule.first_due; due < schedule.next_fire_at; due += schedule.period) {
            const auto fate = fates.extract(due);
            if (fate.empty())
                violated("due time {} of schedule {} has no fate", due, schedule.name);
            else if (fate.mapped() != 1)
                violated("due time {} of schedule {} has {} fates", due, schedule.name,
                         fate.mapped());
        }
        for (const auto& [due, count] : fates)
            violated("schedule {} has a task for {}, which is no due time", schedule.name, due);
    }

    // From an agent's first to its last sign of life, no other of its task, and none of its
    // schedule if that runs one at a time.
    void one_at_a_time() {
        std::map<std::string, std::vector<const Account*>> groups;
        for (const auto& [run, account] : history_.accounts) {
            if (account.starts.empty()) continue;
            groups[fmt::format("task {}", run.first)].push_back(&account);
            const auto task = history_.tasks.find(run.first);
            if (task == history_.tasks.end()) continue;
            for (const auto& schedule : history_.schedules)
                if (schedule.id == task->second.schedule_id && schedule.one_at_a_time)
                    groups["schedule " + schedule.name].push_back(&account);
        }
        for (auto& [what, accounts] : groups) {
            std::sort(accounts.begin(), accounts.end(), [](const auto* a, const auto* b) {
                return a->starts.front() < b->starts.front();
            });
            for (std::size_t i = 0; i < accounts.size(); ++i)
                for (std::size_t j = 0; j < i; ++j) overlap(what, *accounts[j], *accounts[i]);
        }
    }
    void overlap(const std::string& what, const Account& earlier, const Account& later) {
        if (earlier.last <= later.starts.front()) return;
        const auto attempt = history_.attempts.find(earlier.run);
        if (!promises_.fencing && attempt != history_.attempts.end() &&
            lease_may_have_run_out(attempt->second))
            return;
        violated("{}: {} lived for {} us after {} had started", what, name_of(earlier.run),
                 earlier.last - later.starts.front(), name_of(later.run));
    }

    // Its outcome is what its agent did.
    void outcome(const Attempt& attempt) {
        const auto* account = account_of(attempt.run);
        const int code = account ? account->exit_code.value_or(unsaid) : unsaid;
        if (attempt.outcome.empty()) violated("{} has not ended", name_of(attempt.run));
        if (attempt.outcome == "succeeded" && code != 0)
            violated("{} is succeeded, but its agent did not say so", name_of(attempt.run));
        if (attempt.outcome != "failed" || attempt.reason == "lost") return;
        if (attempt.reason != "exit_code")
            violated("{} is failed ({}), which nothing here causes", name_of(attempt.run),
                     attempt.reason);
        else if (code == unsaid || code != attempt.exit_code.value_or(-1))
            violated("{} is failed with exit code {}, but its agent says otherwise",
                     name_of(attempt.run), attempt.exit_code.value_or(-1));
    }

    void output(const Attempt& attempt) {
        if (attempt.late_output_rows > 0)
            violated("{} rows of output of {} were written after its end", attempt.late_output_rows,
                     name_of(attempt.run));
        if (attempt.late_changes > 0)
            violated("the row of {} was changed after its end, {} times", name_of(attempt.run),
                     attempt.late_changes);
        const auto* account = account_of(attempt.run);
        stream(attempt, "stdout", attempt.out, account ? account->out : std::vector<std::string>());
        stream(attempt, "stderr", attempt.err, account ? account->err : std::vector<std::string>());
    }
    void stream(const Attempt& attempt, const char* which, const std::string& stored,
                const std::vector<std::string>& told) {
        const auto all = text_of(told, true);
        const bool is_lost = attempt.outcome == "lost" || attempt.reason == "lost";
        const bool ended_itself = attempt.outcome == "succeeded" ||
                                  (attempt.outcome == "failed" && attempt.reason == "exit_code");
        if (!all.starts_with(stored))
            violated("{} of {} holds what its agent did not write, or not in this order: {} of {} "
                     "bytes",
                     which, name_of(attempt.run), stored.size(), all.size());
        else if (stored.size() < (is_lost ? 0 : text_of(told, ended_itself).size()))
            violated("{} of {} lacks the end of what its agent wrote: {} of {} bytes", which,
                     name_of(attempt.run), stored.size(), all.size());
    }

    // Nothing but the death or the silence of who ran it loses an attempt: no outage of the
    // database, however long.
    void loss(const Attempt& attempt) {
        const bool is_lost = attempt.outcome == "lost" || attempt.reason == "lost";
        if (!is_lost && (attempt.outcome != "returned" || attempt.was_parking)) return;
        if (shim_was_killed(attempt.run)) return;
        if (is_lost && !daemon_died(attempt) && !lease_may_have_run_out(attempt))
            violated("{} was lost, but daemon {} that ran it lived and could have kept it",
                     name_of(attempt.run), attempt.daemon);
        const auto* account = account_of(attempt.run);
        if (promises_.adoption && account && !lease_may_have_run_out(attempt))
            violated("{} was {} though the next daemon {} came within its lease",
                     name_of(attempt.run), is_lost ? "lost" : "returned", attempt.daemon);
    }

    void accounts() {
        for (const auto& [run, account] : history_.accounts) {
            if (!history_.attempts.contains(run))
                violated("an agent ran as {}, which no table knows", name_of(run));
            if (account.starts.size() > 1)
                violated("{} was started {} times", name_of(run), account.starts.size());
        }
    }

    // A parked task sleeps until its answer, which is the one that was given.
    void questions() {
        std::map<std::int64_t, std::vector<std::string>> answers;
        for (const auto& question : history_.questions) {
            answers[question.run.first].push_back(question.answer);
            const auto asked = history_.attempts.find(question.run);
            if (asked == history_.attempts.end() || asked->second.outcome != "parked") continue;
            if (question.outcome == "withdrawn")
                violated("the question of {}, which was parked, was withdrawn",
                         name_of(question.run));
            const auto next = history_.attempts.upper_bound(question.run);
            if (next != history_.attempts.end() && next->first.first == question.run.first &&
                next->second.started < question.closed)
                violated("{} was started before the question of run {} was answered",
                         name_of(next->first), question.run.second);
        }
        for (const auto& [run, account] : history_.accounts) {
            if (!account.answer) continue;
            const auto& given = answers[run.first];
            if (std::count(given.begin(), given.end(), *account.answer) == 0)
                violated("{} was told \"{}\", which nobody answered", name_of(run),
                         *account.answer);
        }
    }

    void tasks() {
        for (const auto id : history_.enqueued)
            if (!history_.tasks.contains(id)) violated("task {} was enqueued, and is gone", id);
        for (const auto& [id, task] : history_.tasks) {
            if (!is_final(task.status)) violated("task {} is stuck: {}", id, task.status);
            int counted = 0;
            int succeeded = 0;
            const Attempt* last = nullptr;
            const auto end = history_.attempts.lower_bound({id + 1, 0});
            for (auto at = history_.attempts.lower_bound({id, 0}); at != end; ++at) {
                last = &at->second;
                counted += last->outcome == "failed" || last->outcome == "lost";
                succeeded += last->outcome == "succeeded";
            }
            if (counted > task.attempts_max || task.attempt > task.attempts_max)
                violated("task {} was tried {} times, at most {}", id, counted, task.attempts_max);
            if (succeeded > 1) violated("task {} succeeded {} times", id, succeeded);
            const bool ran_well = last && last->outcome == "succeeded";
            if ((task.status == "succeeded") != ran_well)
                violated("task {} is {}, its last attempt {}", id, task.status,
                         last ? last->outcome : "never was");
            // A task that may be tried again is.
            if (task.status == "failed" && task.attempt < task.attempts_max)
                violated("task {} is failed ({}) after {} of {} attempts", id, task.reason,
                         task.attempt, task.attempts_max);
        }
    }

    void remains() {
        for (const auto& [table, rows] : history_.rows_left)
            if (rows != 0) violated("{} rows are left in {}", rows, table);
        for (const auto& process : history_.processes_left)
            violated("a process is left: {}", process);
    }

    const History& history_;
    const Promises& promises_;
    std::vector<std::string> found_;
};

} // namespace

std::vector<std::string> violations(const History& history, const Promises& promises) {
    return Check(history, promises).run();
}

} // namespace agentcron::chaos
