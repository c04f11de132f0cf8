#include "db/claims.hpp"

#include "db/claim_rows.hpp"
#include "db/task_rows.hpp"
#include "schedule/admission.hpp"
#include "schedule/due.hpp"

#include <algorithm>
#include <iterator>

namespace agentcron::db {
namespace {

using schedule::Admission;
using schedule::Candidate;
using schedule::Drop;
using schedule::Facts;
using schedule::Hold;
using schedule::Start;

// What had to wait for a time or a key and no longer has to.
void let_go(Session& session, const ClaimRequest& request, task::ClaimReply& reply) {
    auto clock = session.run("claim_begins", params());
    const auto next = optional_instant(clock[0]["next_at"]);
    if (next && *next <= instant_of(clock[0]["now"])) {
        session.run("let_due_go", params());
        clock = session.run("queue_clock", params());
    }
    reply.database_now = instant_of(clock[0]["now"]);
    reply.next_ready_at = optional_instant(clock[0]["next_at"]);
    if (request.wide)
        session.run("release_all", params());
    else if (!request.freed.empty())
        session.run("release_keys", params(array_text(request.freed)));
}

// The facts that decide, read after the keys are ours: those of a rival are reported as locked.
Facts facts_of(Session& session, const std::vector<Candidate>& candidates, base::Instant now,
               const std::string& worker_id) {
    Facts facts;
    facts.now = now;
    const auto asked = what_to_ask(candidates, now);
    if (!asked.keys.empty())
        for (const auto& row : session.run("try_keys", params(array_text(asked.keys))))
            if (!boolean_of(row["taken"])) facts.locked.insert(text_of(row["key"]));
    if (!asked.schedule_ids.empty())
        add_unfinished(session.run("unfinished", params(array_text(asked.schedule_ids))), facts);
    if (!asked.slot_keys.empty())
        add_slots(session.run("slots_used", params(array_text(asked.slot_keys))), facts);
    if (asked.served_since)
        facts.served_since =
            instant_of(session.run("served_since", params(worker_id))[0]["served_since"]);
    return facts;
}

struct Decided {
    std::vector<const Picked*> starts;
    std::vector<const Picked*> chains;
    std::vector<std::pair<const Picked*, const Hold*>> holds;
    std::vector<std::pair<const Picked*, const Drop*>> drops;
    bool left_startable = false;
    bool contended = false;
};

Decided sorted(const std::vector<Picked>& picked, const std::vector<Admission>& admissions,
               int count) {
    Decided decided;
    for (std::size_t i = 0; i < picked.size(); ++i) {
        const auto* one = &picked[i];
        if (const auto* hold = std::get_if<Hold>(&admissions[i]))
            decided.holds.emplace_back(one, hold);
        else if (const auto* drop = std::get_if<Drop>(&admissions[i]))
            decided.drops.emplace_back(one, drop);
        else if (std::holds_alternative<schedule::Leave>(admissions[i]))
            decided.contended = true;
        else if (one->is_chain)
            decided.chains.push_back(one); // takes no slot
        else if (static_cast<int>(decided.starts.size()) < count)
            decided.starts.push_back(one);
        else
            decided.left_startable = true;
    }
    return decided;
}

void write_holds(Session& session, const Decided& decided) {
    if (decided.holds.empty()) return;
    QueueArrays rows;
    std::vector<std::string> keys, waited_for;
    std::vector<std::int64_t> slots;
    OptionalTexts because, until;
    for (const auto& [one, hold] : decided.holds) {
        rows.add(*one);
        keys.push_back(hold->key);
        slots.push_back(hold->slots);
        waited_for.push_back(hold->waited_for);
        because.push_back(optional_number(hold->because_of));
        until.emplace_back();
        if (hold->until) until.back() = timestamp_text(*hold->until);
    }
    session.run("hold", params(array_text(rows.task_ids), array_text(rows.turns), array_text(keys),
                               array_text(slots), array_text(waited_for), array_text(because),
                               array_text(until)));
}

void write_drops(Session& session, const Decided& decided) {
    if (decided.drops.empty()) return;
    QueueArrays rows;
    std::vector<std::string> statuses, reasons, messages;
    OptionalTexts because;
    for (const auto& [one, drop] : decided.drops) {
        rows.add(*one);
        statuses.push_back(drop->status);
        reasons.push_back(drop->reason);
        messages.push_back(drop->message);
        because.push_back(optional_number(drop->because_of));
    }
    session.run("drop",
                params(array_text(rows.task_ids), array_text(rows.turns), array_text(statuses),
                       array_text(reasons), array_text(messages), array_text(because)));
    session.run("uncount_runs", params(array_text(rows.task_ids)));
}

// What has to make room for a newer task is asked to end; where somebody holds its row, it ends by
// itself or is asked by the next look.
void write_cancels(Session& session, const std::vector<schedule::Cancel>& cancels) {
    for (const auto& cancel : cancels) {
        if (session.run("lock_to_replace", params(cancel.task_id)).empty()) continue;
        session.run("replace", params(cancel.task_id, cancel.by));
    }
}

void start(Session& session, const ClaimRequest& request, const Decided& decided,
           task::ClaimReply& reply) {
    if (!decided.chains.empty()) {
        QueueArrays rows;
        for (const auto* one : decided.chains) rows.add(*one);
        session.run("start_chain", params(array_text(rows.task_ids), array_text(rows.turns)));
    }
    if (decided.starts.empty()) return;
    QueueArrays rows;
    std::map<std::int64_t, const Picked*> by_id;
    for (const auto* one : decided.starts) {
        rows.add(*one);
        by_id[one->candidate.task_id] = one;
    }
    for (const auto& row :
         session.run("claim", params(request.worker_id, request.lease_ttl,
                                     array_text(rows.task_ids), array_text(rows.turns)))) {
        reply.tasks.push_back(claimed_from(row));
        reply.tasks.back().keys = by_id.at(reply.tasks.back().lease.task_id)->keys;
    }
}

void note_keys(const Decided& decided, task::ClaimReply& reply) {
    for (const auto& [one, hold] : decided.holds) {
        // Nobody's end makes room: it goes on by itself.
        if (hold->until)
            reply.next_ready_at =
                std::min(reply.next_ready_at.value_or(*hold->until), *hold->until);
        else
            reply.held.push_back(hold->key);
        std::copy_if(one->keys.begin(), one->keys.end(), std::back_inserter(reply.not_used),
                     [&](const std::string& key) { return key != hold->key; });
    }
    for (const auto& [one, drop] : decided.drops)
        reply.not_used.insert(reply.not_used.end(), one->keys.begin(), one->keys.end());
}

} // namespace

ClaimOutcome claim_tasks(Session& session, const ClaimRequest& request) {
    ClaimOutcome outcome;
    auto& reply = outcome.reply;
    let_go(session, request, reply);
    if (request.count <= 0 && !request.wide) return outcome;
    const auto picked =
        picked_from(session.run("pick", params(request.floor, request.host), request.pick_max));
    if (picked.empty()) return outcome;
    outcome.first_turn = picked.front().candidate.task.turn_at;
    std::vector<Candidate> candidates;
    for (const auto& one : picked) candidates.push_back(one.candidate);
    const auto admissions =
        admit(candidates, facts_of(session, candidates, reply.database_now, request.worker_id));
    const auto decided = sorted(picked, admissions.of, request.count);
    write_holds(session, decided);
    write_drops(session, decided);
    write_cancels(session, admissions.cancels);
    start(session, request, decided, reply);
    note_keys(decided, reply);
    reply.contended = decided.contended;
    const bool full = static_cast<int>(picked.size()) == request.pick_max;
    outcome.left_startable = decided.left_startable;
    outcome.all_blocked = full && decided.starts.empty() && !decided.contended;
    // A chain that started has its first step in the queue.
    reply.more = (full && !decided.contended) || decided.left_startable || !decided.chains.empty();
    return outcome;
}

} // namespace agentcron::db
