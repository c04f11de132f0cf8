// What a claim may start.
#include "integration/model/invariants.hpp"
#include "integration/model/model.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::model {
namespace {

bool comes_by_itself(const TaskFacts& task) {
    return task.trigger == "schedule" || task.trigger == "catch_up";
}

// A person's task and one that makes up for another are not dropped.
bool is_kept(const TaskFacts& task, const Rules& rules) {
    if (task.trigger == "manual") return task.overlap != "cancel_previous";
    if (task.trigger == "backfill") return task.overlap == "queue_all";
    return task.trigger == "catch_up" && rules.catch_up == "all";
}

} // namespace

std::vector<TaskFacts> Model::unfinished() {
    std::vector<TaskFacts> all;
    for (const auto& row : system_.database.rows(
             "select t.id, coalesce(t.schedule_id, 0), t.status, t.run_no, t.trigger, "
             "coalesce(t.overlap, s.overlap, 'allow'), coalesce(l.lease_until < now(), false), "
             "floor(extract(epoch from t.run_at))::bigint, exists (select from agentcron.held h "
             "where h.task_id = t.id and h.key like 'schedule:%') from agentcron.tasks t left join "
             "agentcron.schedules s on s.id = t.schedule_id left join agentcron.leases l on "
             "l.task_id = t.id where t.finished_at is null order by t.id"))
        all.push_back({.id = std::stoll(row[0]),
                       .schedule_id = std::stoll(row[1]),
                       .status = row[2],
                       .run_no = std::stoi(row[3]),
                       .trigger = row[4],
                       .overlap = row[5],
                       .lost = row[6] == "t",
                       .run_at = std::stoll(row[7]),
                       .waits_turn = row[8] == "t"});
    return all;
}

void Model::claim(Who who, int count, bool wide) {
    note(fmt::format("claim {} {} {}", static_cast<int>(who), count, wide));
    const auto before = unfinished();
    const auto started = system_.claim(who, count, wide);
    for (const auto& one : started) note(fmt::format("  started {}", one.lease.task_id));
    judge_starts(before, started);
}

void Model::judge_starts(const std::vector<TaskFacts>& before,
                         const std::vector<task::Claimed>& started) {
    std::map<std::int64_t, int> exclusive; // by schedule: starts of what runs alone
    for (const auto& one : started) {
        const auto found = std::find_if(before.begin(), before.end(), [&](const auto& task) {
            return task.id == one.lease.task_id;
        });
        if (found == before.end()) continue; // of a tick at the same time
        judge_start(*found, before);
        if (found->schedule_id == 0 || found->overlap == "allow") continue;
        if (++exclusive[found->schedule_id] > 1)
            fail(fmt::format("two tasks of a schedule start at once, task {} last", found->id));
    }
    for (const auto& task : before) {
        const auto reason = system_.database.value(
            fmt::format("select reason from agentcron.tasks where id = {}", task.id));
        if (reason == "missed" && task.run_at + minute >= served_since_)
            fail(fmt::format("task {} was taken for missed", task.id));
    }
}

void Model::judge_start(const TaskFacts& task, const std::vector<TaskFacts>& before) {
    // Blocked: until a moment ago.
    if (task.status != "queued" && task.status != "blocked")
        fail(fmt::format("task {} started twice", task.id));
    const bool fresh = task.run_no == 0;
    if (fresh && comes_by_itself(task) && task.run_at + minute < served_since_)
        fail(fmt::format("task {} started though no worker was there in time", task.id));
    if (task.schedule_id == 0) return;
    const auto& rules = by_id(task.schedule_id).rules;
    for (const auto& other : before) {
        if (other.schedule_id != task.schedule_id || other.id == task.id) continue;
        if (task.overlap != "allow" && other.status == "running")
            fail(fmt::format("task {} started while task {} was running", task.id, other.id));
        const bool in_queue = other.status == "queued" || other.status == "blocked";
        if (task.overlap != "allow" && fresh && in_queue && other.run_no > 0 && !other.waits_turn)
            fail(fmt::format("task {} started while task {} was unfinished", task.id, other.id));
        if (rules.while_waiting == "skip" && fresh && !is_kept(task, rules) &&
            other.status == "waiting_for_input")
            fail(fmt::format("task {} started while task {} asked", task.id, other.id));
    }
}

void Model::judge_invariants() {
    for (const auto& what : violations(system_.database)) fail(what);
}

void Model::drain() {
    note("drain");
    constexpr int rounds_max = 400;
    auto& database = system_.database;
    system_.end_leases_of_crashed();
    for (int round = 0;; ++round) {
        system_.rescue(0);
        tick(Who::both);
        claim(Who::both, 16, true);
        judge_invariants();
        while (!system_.running.empty()) finish(system_.running.begin()->first, 0);
        database.rows("select agentcron.answer(t.id, 'y') from agentcron.tasks t where t.status = "
                      "'waiting_for_input' and not exists (select from agentcron.leases l where "
                      "l.task_id = t.id)");
        const auto left = database.value(
            "select (select count(*) from agentcron.tasks where finished_at is null) + (select "
            "count(*) from agentcron.backfills where finished_at is null) + (select count(*) from "
            "agentcron.ready) + (select count(*) from agentcron.held) + (select count(*) from "
            "agentcron.leases)");
        if (left == "0") break;
        if (round == rounds_max)
            fail(
                "left over: " +
                database.value("select string_agg(format('%s %s %s/%s waits for %s', id, schedule, "
                               "status, reason, waited_for), '; ') from agentcron.tasks where "
                               "finished_at is null"));
    }
    judge_cover();
}

void Model::expect_life() {
    note("life");
    for (auto& schedule : schedules_) {
        if (!schedule.paused) continue;
        system_.database.rows(fmt::format("select agentcron.resume('{}')", schedule.rules.name));
        schedule.paused = false;
        discard_due(schedule);
    }
    system_.set_clock(std::max(now(), latest_) + minute);
    latest_ = now();
    drain();
    std::map<std::int64_t, Second> wanted;
    std::set<Second> times;
    for (const auto& schedule : schedules_) {
        if (!schedule.cursor) continue;
        wanted[schedule.id] = *schedule.cursor;
        times.insert(*schedule.cursor);
    }
    for (const Second at : times) {
        system_.set_clock(at);
        latest_ = at;
        drain();
    }
    for (const auto& [id, fire] : wanted) {
        const auto status = system_.database.value(
            fmt::format("select status from agentcron.tasks where schedule_id = {} and fire_time = "
                        "to_timestamp({})",
                        id, fire));
        if (status != "succeeded")
            fail(fmt::format("{}: the due time {} is '{}'", by_id(id).rules.name, fire, status));
    }
}

} // namespace agentcron::model
