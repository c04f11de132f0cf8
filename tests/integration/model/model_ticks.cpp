// What a tick makes.
#include "integration/model/model.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::model {
namespace {

std::string words(const std::string& schedule, Second fire, Second covers_from, std::size_t covered,
                  const std::string& trigger, const std::string& fate) {
    return fmt::format("{} at {} from {} covers {} by {}: {}", schedule, fire, covers_from, covered,
                       trigger, fate);
}

} // namespace

void Model::tick(Who who, int claim_count) {
    const bool with_claim = claim_count >= 0;
    note(fmt::format("tick {} {}", static_cast<int>(who), claim_count));
    ticks_wanted_ = 0;
    const auto expected = expect_rows();
    if (with_claim)
        judge_starts({}, system_.tick_and_claim(claim_count));
    else
        system_.tick(who);
    for (; ticks_wanted_ > 1; --ticks_wanted_) system_.tick(Who::first);
    judge_rows(expected, !with_claim);
    note_backfilled();
    judge_cursors(with_claim);
}

std::vector<Model::Expected> Model::expect_rows() {
    std::map<std::int64_t, std::vector<Open>> open;
    for (const auto& task : unfinished())
        open[task.schedule_id].push_back({task.id, task.status, task.lost});
    std::vector<Expected> expected;
    for (const auto& row : system_.database.rows(
             "select id, planned_rev <> rev, runs from agentcron.schedules order by id"))
        expect_rows_of(by_id(std::stoll(row[0])), row[1] == "t", std::stoll(row[2]),
                       open[std::stoll(row[0])], expected);
    return expected;
}

void Model::expect_rows_of(Tracked& schedule, bool unplanned, std::int64_t runs,
                           std::vector<Open> open, std::vector<Expected>& expected) {
    const auto& rules = schedule.rules;
    std::optional<std::int64_t> budget;
    if (rules.max_runs) budget = std::max<std::int64_t>(*rules.max_runs - runs, 0);
    auto& cursor = schedule.cursor;
    if (unplanned && !cursor && !schedule.paused && budget != 0) {
        cursor = first_fire_after(rules, now());
        schedule.repeats |= now() < latest_;
    }
    if (!cursor || *cursor > now()) return;
    if (schedule.last_fire && *schedule.last_fire >= *cursor)
        cursor = first_fire_after(rules, *schedule.last_fire);
    // Of those that max_runs let in some may not run after all: then the next tick makes more.
    bool is_over = false;
    for (int ticks = 1; !is_over && cursor && *cursor <= now(); ++ticks) {
        ticks_wanted_ = std::max(ticks_wanted_, ticks);
        if (budget == 0) return cursor.reset();
        const auto debt = owed(rules, fires_between(rules, *cursor, now()), now(), budget);
        const auto queued = expect_rows_for(schedule, debt, open, expected);
        is_over = debt.after_end.empty();
        cursor = first_fire_after(rules, is_over ? now() : debt.rows.back().fire);
        if (budget && (*budget -= queued) <= 0) cursor.reset();
    }
}

// How many of them are queued.
std::int64_t Model::expect_rows_for(Tracked& schedule, const Debt& debt, std::vector<Open>& open,
                                    std::vector<Expected>& expected) {
    std::int64_t queued = 0;
    if (!debt.rows.empty()) schedule.last_fire = debt.rows.back().fire;
    for (const auto& row : debt.rows) {
        const auto fate = fate_at_entry(schedule.rules, row, open);
        queued += fate == "queued";
        if (schedule.rows.contains(row.fire)) continue; // it has its row
        if (fate == "queued") open.push_back({0, "queued", false});
        expected.push_back({&schedule, row, fate});
        cover(schedule, row);
    }
    return queued;
}

void Model::cover(Tracked& schedule, const Owed& row) {
    for (const Second due : row.covers)
        if (!schedule.dealt_with.insert(due).second && !schedule.repeats)
            fail(fmt::format("{}: the due time {} has two rows", schedule.rules.name, due));
    schedule.rows[row.fire] = {row.covers.begin(), row.covers.end()};
}

void Model::judge_rows(const std::vector<Expected>& expected, bool with_fates) {
    std::set<std::string> wanted, made;
    for (const auto& one : expected) {
        const auto& row = one.row;
        wanted.insert(words(one.schedule->rules.name, row.fire, row.covers.front(),
                            row.covers.size(), row.late ? "catch_up" : "schedule",
                            with_fates || row.missed ? one.fate : ""));
    }
    for (const auto& row : system_.database.rows(fmt::format(
             "select t.schedule, extract(epoch from t.fire_time)::bigint, extract(epoch from "
             "coalesce(t.covers_from, t.fire_time))::bigint, t.fires_covered, t.trigger, case when "
             "t.status = 'skipped' then t.reason else 'queued' end, t.id, t.run_at between "
             "t.fire_time and t.fire_time + s.jitter from agentcron.tasks t join "
             "agentcron.schedules s on s.id = t.schedule_id where t.id > {} and t.trigger in "
             "('schedule', 'catch_up') order by t.id",
             last_task_))) {
        const bool missed = row[5] == "missed" && row[4] == "catch_up";
        made.insert(words(row[0], std::stoll(row[1]), std::stoll(row[2]), std::stoul(row[3]),
                          row[4], with_fates || missed ? row[5] : ""));
        if (row[7] != "t") fail(fmt::format("task {} does not run within its jitter", row[6]));
    }
    for (const auto& one : wanted)
        if (!made.contains(one)) fail("not made: " + one);
    for (const auto& one : made)
        if (!wanted.contains(one)) fail("not expected: " + one);
}

void Model::judge_cursors(bool with_claim) {
    for (const auto& row :
         system_.database.rows("select id, extract(epoch from next_fire_at)::bigint, error from "
                               "agentcron.schedules")) {
        auto& schedule = by_id(std::stoll(row[0]));
        // A claim at the same time may have dropped what was the last of max_runs.
        if (with_claim && schedule.rules.max_runs && !schedule.cursor && !row[1].empty())
            schedule.cursor = first_fire_after(schedule.rules, now());
        const auto wanted = schedule.cursor ? std::to_string(*schedule.cursor) : "";
        if (row[1] != wanted || !row[2].empty())
            fail(fmt::format("{}: the cursor is '{}', not '{}' {}", schedule.rules.name, row[1],
                             wanted, row[2]));
    }
}

// A due time that was backfilled has a row of its own, and no other one stands for it.
void Model::note_backfilled() {
    for (const auto& row : system_.database.rows(fmt::format(
             "select id, schedule_id, extract(epoch from fire_time)::bigint from agentcron.tasks "
             "where id > {} and trigger = 'backfill' order by id",
             last_task_))) {
        auto& schedule = by_id(std::stoll(row[1]));
        const Second fire = std::stoll(row[2]);
        for (auto& [other, covers] : schedule.rows)
            if (other != fire) covers.erase(fire);
        schedule.rows[fire] = {fire};
    }
    last_task_ =
        std::stoll(system_.database.value("select coalesce(max(id), 0) from agentcron.tasks"));
}

void Model::judge_cover() {
    for (const auto& row : system_.database.rows(
             "select id, schedule_id, extract(epoch from fire_time)::bigint, fires_covered from "
             "agentcron.tasks where fire_time is not null")) {
        const auto& schedule = by_id(std::stoll(row[1]));
        const auto found = schedule.rows.find(std::stoll(row[2]));
        if (found == schedule.rows.end())
            fail(fmt::format("task {} stands for a time that was not due", row[0]));
        if (found->second.size() != std::stoul(row[3]) && !schedule.repeats)
            fail(fmt::format("task {} of {} stands for {} due times, not {}", row[0],
                             schedule.rules.name, row[3], found->second.size()));
    }
}

} // namespace agentcron::model
