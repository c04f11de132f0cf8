// What happens to the system.
#include "integration/model/model.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::model {

void Model::step() {
    switch (below(16)) {
    case 0:
    case 1:
    case 2: return move_clock();
    case 3:
    case 4: return tick(any(std::vector{Who::first, Who::second, Who::both, Who::both}));
    case 5: return tick(Who::both, 1 + below(4));
    case 6:
    case 7:
    case 8:
        return claim(any(std::vector{Who::first, Who::both, Who::both}), 1 + below(6), !one_in(4));
    case 9:
    case 10: return end_one();
    case 11:
    case 12: return person_acts();
    case 13: return worker_acts();
    case 14: return edit_one();
    default: return ask_for_more();
    }
}

void Model::move_clock() {
    const int luck = below(20);
    Second by = 1 + below(240);
    if (luck == 0)
        by = -(1 + below(5400)); // set back
    else if (luck == 1)
        by = 3 * day + below(3600); // suspended over a weekend
    else if (luck < 4)
        by = 1 + below(6 * 3600);
    note(fmt::format("clock {}", by));
    system_.set_clock(now() + by);
    latest_ = std::max(latest_, now());
    if (by > 2 * minute && one_in(3)) {
        note("no worker until now");
        served_since_ = now();
        system_.serve_since(served_since_);
    }
    if (!one_in(4)) tick(Who::both);
}

void Model::end_one() {
    if (system_.running.empty()) return;
    auto chosen = system_.running.begin();
    std::advance(chosen, below(static_cast<int>(system_.running.size())));
    finish(chosen->first, below(7));
}

void Model::finish(std::int64_t task, int luck) {
    note(fmt::format("finish {} {}", task, luck));
    const auto wish = system_.database.value(fmt::format(
        "select cancel_reason from agentcron.leases where task_id = {} and cancel_requested",
        task));
    if (!wish.empty()) return system_.finish(task, "cancelled", wish, std::nullopt);
    if (luck == 6) return system_.block(task, base::Millis(below(2)));
    if (luck == 5) return system_.give_back(task);
    if (luck == 4) return system_.finish(task, "failed", "exit_code", std::nullopt);
    if (luck == 3) return system_.finish(task, "failed", "exit_code", base::Millis(below(2)));
    system_.finish(task, "succeeded", "", std::nullopt);
}

void Model::person_acts() {
    const auto open = unfinished();
    if (open.empty()) return;
    const auto& task = any(open);
    const int luck = below(8);
    const auto held = system_.running.find(task.id);
    const bool waits = task.status == "waiting_for_input";
    if (luck == 0) {
        note(fmt::format("cancel {}", task.id));
        system_.database.rows(fmt::format("select agentcron.cancel({})", task.id));
    } else if (task.status == "running" && held != system_.running.end()) {
        note(fmt::format("ask {}", task.id));
        system_.ask(task.id, any(std::vector<std::string>{"Now?", "Which one?"}));
    } else if (waits && luck < 4) {
        note(fmt::format("answer {}", task.id));
        system_.database.refusal(fmt::format("select agentcron.answer({}, 'y')", task.id));
        if (one_in(2)) system_.deliver(below(2));
    } else if (waits && held != system_.running.end()) {
        note(fmt::format("park {}", task.id));
        if (luck == 4)
            system_.withdraw(task.id);
        else
            system_.park(task.id);
    }
}

void Model::worker_acts() {
    const int worker = below(2);
    switch (below(4)) {
    case 0: note(fmt::format("crash {}", worker)); return system_.crash(worker);
    case 1: note("the dead are proven dead"); return system_.end_leases_of_crashed();
    case 2:
        note("rescue");
        system_.end_leases_of_crashed();
        system_.rescue(worker);
        return;
    default: return system_.deliver(worker);
    }
}

void Model::edit_one() {
    auto& schedule =
        schedules_[static_cast<std::size_t>(below(static_cast<int>(schedules_.size())))];
    auto& rules = schedule.rules;
    const int luck = below(8);
    if (luck < 2) {
        note(fmt::format("{} {}", schedule.paused ? "resume" : "pause", rules.name));
        system_.database.rows(fmt::format("select agentcron.{}('{}')",
                                          schedule.paused ? "resume" : "pause", rules.name));
        schedule.paused = !schedule.paused;
        discard_due(schedule);
    } else if (luck < 5) {
        const auto other = random_rules(0);
        rules.overlap = other.overlap;
        rules.while_waiting = other.while_waiting;
        rules.catch_up = other.catch_up;
        note(fmt::format("edit {} {} {} {}", rules.name, rules.overlap, rules.while_waiting,
                         rules.catch_up));
        system_.database.execute(fmt::format(
            "update agentcron.schedules set overlap = '{}', while_waiting = '{}', catch_up = '{}' "
            "where id = {}",
            rules.overlap, rules.while_waiting, rules.catch_up, schedule.id));
    } else if (luck < 7) {
        edit_times(schedule);
    } else {
        restore_cursor(schedule);
    }
}

void Model::edit_times(Tracked& schedule) {
    auto& rules = schedule.rules;
    const auto before = rules.cron();
    rules.every_minutes = any(std::vector{1, 5, 15, 60, 180});
    rules.phase = rules.every_minutes == 60 ? below(60) : 0;
    note(fmt::format("edit {} {}", rules.name, rules.cron()));
    system_.database.execute(fmt::format("update agentcron.schedules set cron = '{}' where id = {}",
                                         rules.cron(), schedule.id));
    if (rules.cron() != before) discard_due(schedule);
}

void Model::discard_due(Tracked& schedule) {
    schedule.cursor.reset();
    schedule.last_fire.reset();
    schedule.edited_at = latest_;
}

// As a restore of an old copy of the schedules would leave it: due times that have their row, or
// are covered by one, come again. The tick expects nothing but the same cursor again.
void Model::restore_cursor(Tracked& schedule) {
    std::vector<Second> earlier;
    for (const Second due : schedule.dealt_with)
        if (due >= schedule.edited_at && due <= now()) earlier.push_back(due);
    if (!schedule.cursor || earlier.empty() || schedule.repeats || schedule.rules.max_runs) return;
    const Second due = any(earlier);
    if (*schedule.cursor <= now()) tick(Who::both);
    note(fmt::format("restore {} to {}", schedule.rules.name, due));
    system_.database.execute(
        fmt::format("update agentcron.schedules set next_fire_at = {} where id = {}",
                    system_.quoted(due), schedule.id));
    tick(Who::both);
}

void Model::ask_for_more() {
    auto& schedule =
        schedules_[static_cast<std::size_t>(below(static_cast<int>(schedules_.size())))];
    if (one_in(2)) {
        note(fmt::format("trigger {}", schedule.rules.name));
        system_.database.rows(
            fmt::format("select agentcron.trigger_schedule('{}')", schedule.rules.name));
        return;
    }
    // Once the due times before it have their rows.
    tick(Who::both);
    backfill(schedule);
}

void Model::backfill(Tracked& schedule) {
    const Second from = std::max(schedule.edited_at, now() - below(120) * minute);
    const Second to = now() - below(300);
    if (from >= to) return;
    static const std::vector<std::string> overlaps{"skip", "queue_one", "queue_all", "queue_all",
                                                   "allow"};
    const auto sql =
        fmt::format("select agentcron.backfill('{}', {}, {}, '{}', {})", schedule.rules.name,
                    system_.quoted(from), system_.quoted(to), any(overlaps), 1 + below(4));
    note(sql);
    system_.database.rows(sql);
}

} // namespace agentcron::model
