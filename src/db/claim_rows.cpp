#include "db/claim_rows.hpp"

#include "base/check.hpp"
#include "schedule/due.hpp"

#include <algorithm>
#include <set>

namespace agentcron::db {
namespace {

using schedule::Candidate;
using schedule::Unfinished;

Unfinished::Standing standing_from(const std::string& text) {
    if (text == "in_line") return Unfinished::Standing::in_line;
    if (text == "begun") return Unfinished::Standing::begun;
    if (text == "waiting") return Unfinished::Standing::waiting;
    if (text == "lost") return Unfinished::Standing::lost;
    AGENTCRON_CHECK(text == "running", "standing {}", text);
    return Unfinished::Standing::running;
}

// A task that a person asked for, or that has to make up for a due time, is not dropped. A person's
// task does replace an earlier one where that is the policy.
bool is_kept(const std::string& trigger, const std::string& catch_up, schedule::Overlap overlap) {
    if (trigger == "manual" || trigger == "continue")
        return overlap != schedule::Overlap::cancel_previous;
    return (trigger == "catch_up" && catch_up == "all") ||
           (trigger == "backfill" && overlap == schedule::Overlap::queue_all);
}

schedule::OverlapPolicy policy_from(const pqxx::row& row) {
    schedule::OverlapPolicy policy;
    policy.overlap = schedule::overlap_from(text_of(row["overlap"])).value_or(policy.overlap);
    policy.while_waiting =
        schedule::while_waiting_from(text_of(row["while_waiting"])).value_or(policy.while_waiting);
    if (!row["queue_max"].is_null())
        policy.queue_max = static_cast<int>(integer_of(row["queue_max"]));
    return policy;
}

std::vector<schedule::SlotKey> limits_from(const pqxx::row& row) {
    std::vector<schedule::SlotKey> limits;
    if (!row["concurrency_group"].is_null())
        limits.push_back({"group:" + text_of(row["concurrency_group"]),
                          static_cast<int>(integer_of(row["concurrency_limit"]))});
    if (!row["max_concurrent"].is_null() && !boolean_of(row["is_chain"]))
        limits.push_back({"agent:" + text_of(row["agent"]),
                          static_cast<int>(integer_of(row["max_concurrent"]))});
    return limits;
}

std::optional<Candidate::DueTime> due_from(const pqxx::row& row, bool begun,
                                           const std::string& trigger) {
    const bool by_itself = trigger == "schedule" || trigger == "catch_up";
    if (begun || !by_itself || row["catch_up"].is_null()) return std::nullopt;
    Candidate::DueTime due;
    due.at = instant_of(row["run_at"]);
    due.catch_up = schedule::catch_up_from(text_of(row["catch_up"])).value_or(due.catch_up);
    due.window = base::Seconds(integer_of(row["catch_up_window"]));
    return due;
}

std::vector<std::string> keys_from(const pqxx::row& row, const Candidate& candidate) {
    std::vector<std::string> keys;
    for (const auto& limit : candidate.limits) keys.push_back(limit.key);
    if (candidate.schedule_id) keys.push_back(schedule::schedule_key(*candidate.schedule_id));
    // The end of a step may be the end of its chain.
    if (!row["chain_schedule_id"].is_null())
        keys.push_back(schedule::schedule_key(integer_of(row["chain_schedule_id"])));
    if (!row["chain_group"].is_null()) keys.push_back("group:" + text_of(row["chain_group"]));
    return keys;
}

} // namespace

std::vector<Picked> picked_from(const pqxx::result& rows) {
    std::vector<Picked> all;
    for (const auto& row : rows) {
        Picked picked;
        auto& candidate = picked.candidate;
        const auto trigger = text_of(row["trigger"]);
        candidate.task_id = integer_of(row["task_id"]);
        if (!row["schedule_id"].is_null()) candidate.schedule_id = integer_of(row["schedule_id"]);
        candidate.policy = policy_from(row);
        candidate.task.turn_at = instant_of(row["turn_at"]);
        candidate.task.begun = boolean_of(row["begun"]);
        candidate.task.keep = is_kept(trigger, text_of(row["catch_up"]), candidate.policy.overlap);
        candidate.limits = limits_from(row);
        candidate.agent = text_of(row["agent"]);
        candidate.walled_until = optional_instant(row["walled_until"]);
        candidate.due = due_from(row, candidate.task.begun, trigger);
        picked.is_chain = boolean_of(row["is_chain"]);
        picked.keys = keys_from(row, candidate);
        all.push_back(std::move(picked));
    }
    return all;
}

Questions what_to_ask(const std::vector<Candidate>& candidates, base::Instant now) {
    Questions questions;
    std::set<std::string> keys, slot_keys;
    std::set<std::int64_t> schedule_ids;
    for (const auto& candidate : candidates) {
        if (candidate.schedule_id &&
            !(candidate.policy.overlap == schedule::Overlap::allow &&
              candidate.policy.while_waiting == schedule::WhileWaiting::allow)) {
            schedule_ids.insert(*candidate.schedule_id);
            keys.insert(schedule::schedule_key(*candidate.schedule_id));
        }
        for (const auto& limit : candidate.limits) slot_keys.insert(limit.key);
        questions.served_since |=
            candidate.due && now - candidate.due->at > schedule::on_time_within;
    }
    keys.insert(slot_keys.begin(), slot_keys.end());
    questions.keys.assign(keys.begin(), keys.end());
    questions.slot_keys.assign(slot_keys.begin(), slot_keys.end());
    questions.schedule_ids.assign(schedule_ids.begin(), schedule_ids.end());
    return questions;
}

void add_unfinished(const pqxx::result& rows, schedule::Facts& facts) {
    for (const auto& row : rows) {
        Unfinished other;
        other.task_id = integer_of(row["task_id"]);
        other.standing = standing_from(text_of(row["standing"]));
        if (!row["turn_at"].is_null()) other.turn_at = instant_of(row["turn_at"]);
        other.waits_turn = boolean_of(row["waits_turn"]);
        facts.unfinished[integer_of(row["schedule_id"])].push_back(other);
    }
}

void add_slots(const pqxx::result& rows, schedule::Facts& facts) {
    for (const auto& row : rows) {
        auto& slots = facts.slots[text_of(row["key"])];
        slots.used = static_cast<int>(integer_of(row["used"]));
        slots.first_held = optional_instant(row["first_held"]);
    }
}

std::optional<std::string> optional_number(const std::optional<std::int64_t>& number) {
    if (!number) return std::nullopt;
    return std::to_string(*number);
}

void QueueArrays::add(const Picked& picked) {
    task_ids.push_back(picked.candidate.task_id);
    turns.push_back(timestamp_text(picked.candidate.task.turn_at));
}

} // namespace agentcron::db
