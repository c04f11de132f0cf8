#include "schedule/admission.hpp"

#include "schedule/due.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::schedule {
namespace {

using Standing = Unfinished::Standing;

std::vector<Unfinished>& others_of(Facts& facts, const Candidate& candidate) {
    return facts.unfinished[*candidate.schedule_id];
}

bool has_newer_in_line(const Candidate& candidate, const std::vector<Unfinished>& others) {
    return std::any_of(others.begin(), others.end(), [&](const Unfinished& other) {
        return other.standing == Standing::in_line && other.turn_at > candidate.task.turn_at;
    });
}

// A due time that waited because no worker was there, as a downtime of the scheduler would have
// made it wait: the same policy says whether it still runs.
std::optional<Drop> missed(const Candidate& candidate, const Facts& facts,
                           const std::vector<Unfinished>& others) {
    if (!candidate.due || !facts.served_since) return std::nullopt;
    const auto& due = *candidate.due;
    if (due.at + on_time_within >= *facts.served_since) return std::nullopt;
    const auto kept = std::max<base::Seconds>(due.window, on_time_within);
    const bool in_window = facts.now - due.at <= kept;
    const bool superseded = due.catch_up == CatchUp::latest && has_newer_in_line(candidate, others);
    if (due.catch_up != CatchUp::none && in_window && !superseded) return std::nullopt;
    return Drop{"skipped", "missed",
                superseded ? "no worker was running; a newer due time stands for it"
                           : "no worker was running in time",
                std::nullopt};
}

std::optional<Admission> by_overlap(const Candidate& candidate, Facts& facts,
                                    std::vector<Cancel>& cancels) {
    auto others = others_of(facts, candidate);
    std::erase_if(others, [&](const auto& other) { return other.task_id == candidate.task_id; });
    if (auto drop = missed(candidate, facts, others)) return *drop;
    auto fate = at_start(candidate.policy, candidate.task, others);
    const std::optional<std::int64_t> because(fate.because_of);
    switch (fate.kind) {
    case OverlapFate::Kind::go: return std::nullopt;
    case OverlapFate::Kind::wait:
        for (const auto task_id : fate.cancels) cancels.push_back({task_id, candidate.task_id});
        return Hold{schedule_key(*candidate.schedule_id), 1, std::move(fate.message), because};
    case OverlapFate::Kind::skip:
        return Drop{"skipped", "overlap", std::move(fate.message), because};
    case OverlapFate::Kind::skip_for_question:
        return Drop{"skipped", "open_question", std::move(fate.message), because};
    case OverlapFate::Kind::replaced:
        return Drop{"cancelled", "replaced", std::move(fate.message), because};
    }
    return std::nullopt;
}

// "a slot of agent claude"
std::string words_for(const SlotKey& limit) {
    std::string words = limit.key;
    std::replace(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(words.find(':')) + 1,
                 ':', ' ');
    return "a slot of " + words;
}

// What one task has met, the others of its agent need not meet too.
std::optional<Admission> by_wall(const Candidate& candidate, const Facts& facts) {
    if (!candidate.walled_until || *candidate.walled_until <= facts.now) return std::nullopt;
    return Hold{limit_key(candidate.agent), 1,
                "the end of a usage limit of agent " + candidate.agent, std::nullopt,
                candidate.walled_until};
}

std::optional<Admission> by_slots(const Candidate& candidate, const Facts& facts) {
    for (const SlotKey& limit : candidate.limits) {
        const auto use = facts.slots.find(limit.key);
        if (use == facts.slots.end()) continue;
        // Who waits already comes first; he is let go as soon as there is room.
        const auto& first = use->second.first_held;
        const int ahead = first && *first < candidate.task.turn_at ? 1 : 0;
        if (use->second.used + ahead < limit.slots) continue;
        return Hold{limit.key, limit.slots, words_for(limit), std::nullopt};
    }
    return std::nullopt;
}

bool is_locked(const Candidate& candidate, const Facts& facts) {
    if (candidate.schedule_id && facts.locked.contains(schedule_key(*candidate.schedule_id)))
        return true;
    return std::any_of(candidate.limits.begin(), candidate.limits.end(),
                       [&](const SlotKey& limit) { return facts.locked.contains(limit.key); });
}

// What the next candidates find: this one started, waits its turn, or is gone.
void note(const Candidate& candidate, const Admission& admission, Facts& facts) {
    const bool starts = std::holds_alternative<Start>(admission);
    if (starts)
        for (const SlotKey& limit : candidate.limits) ++facts.slots[limit.key].used;
    if (!candidate.schedule_id || std::holds_alternative<Leave>(admission)) return;
    auto& others = others_of(facts, candidate);
    std::erase_if(others, [&](const auto& other) { return other.task_id == candidate.task_id; });
    if (std::holds_alternative<Drop>(admission)) return;
    const auto* hold = std::get_if<Hold>(&admission);
    const auto queued = candidate.task.begun ? Standing::begun : Standing::in_line;
    others.push_back({candidate.task_id, starts ? Standing::running : queued,
                      candidate.task.turn_at,
                      hold && hold->key == schedule_key(*candidate.schedule_id)});
}

} // namespace

std::string schedule_key(std::int64_t schedule_id) {
    return fmt::format("schedule:{}", schedule_id);
}

std::string limit_key(std::string_view agent) {
    return fmt::format("limit:{}", agent);
}

Admissions admit(const std::vector<Candidate>& candidates, Facts facts) {
    Admissions admissions;
    for (const Candidate& candidate : candidates) {
        std::optional<Admission> admission;
        if (is_locked(candidate, facts)) admission = Leave{};
        if (!admission && candidate.schedule_id)
            admission = by_overlap(candidate, facts, admissions.cancels);
        if (!admission) admission = by_wall(candidate, facts);
        if (!admission) admission = by_slots(candidate, facts);
        if (!admission) admission = Start{};
        note(candidate, *admission, facts);
        admissions.of.push_back(std::move(*admission));
    }
    return admissions;
}

} // namespace agentcron::schedule
