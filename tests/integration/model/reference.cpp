#include "integration/model/reference.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace agentcron::model {
namespace {

constexpr Second on_time = 60;
constexpr Second search_max = 4 * day;

Second local(const Rules& rules, Second at) {
    return rules.india ? at + 5 * hour + 30 * minute : at;
}

Second round_up_to_minute(Second at) {
    return (at + minute - 1) / minute * minute;
}

} // namespace

std::string Rules::cron() const {
    if (every_minutes == 1) return "* * * * *";
    if (every_minutes < 60) return fmt::format("*/{} * * * *", every_minutes);
    if (every_minutes == 60) return fmt::format("{} * * * *", phase);
    return fmt::format("0 */{} * * *", every_minutes / 60);
}

bool fires_at(const Rules& rules, Second at) {
    const auto clock = local(rules, at);
    if (clock % minute != 0) return false;
    if (clock % day / minute % rules.every_minutes != rules.phase) return false;
    if (rules.excluded_day == clock / day) return false;
    return !rules.ends_at || at < *rules.ends_at;
}

std::vector<Second> fires_between(const Rules& rules, Second from, Second to) {
    std::vector<Second> fires;
    for (Second at = round_up_to_minute(from); at <= to; at += minute)
        if (fires_at(rules, at)) fires.push_back(at);
    return fires;
}

std::optional<Second> first_fire_after(const Rules& rules, Second at) {
    for (Second next = round_up_to_minute(at + 1); next <= at + search_max; next += minute)
        if (fires_at(rules, next)) return next;
    return std::nullopt;
}

Debt owed(const Rules& rules, const std::vector<Second>& due, Second now,
          std::optional<std::int64_t> budget) {
    const auto kept = std::max(rules.window, on_time);
    const auto is_within = [&](Second age, Second fire) { return now - fire <= age; };
    std::vector<Second> rest = due; // not covered yet
    std::vector<Owed> rows;         // newest first
    const auto cover_rest = [&](bool missed) {
        if (rest.empty()) return;
        rows.push_back({rest.back(), std::move(rest), missed, false});
        rest.clear();
    };
    if (rules.catch_up == "latest") {
        cover_rest(!rest.empty() && !is_within(kept, rest.back()));
    } else if (rules.catch_up == "all") {
        while (!rest.empty() && is_within(kept, rest.back()) &&
               static_cast<int>(rows.size()) < rules.catch_up_max) {
            rows.push_back({rest.back(), {rest.back()}, false, false});
            rest.pop_back();
        }
    } else {
        const auto first_in_time = std::find_if(
            rest.begin(), rest.end(), [&](Second fire) { return is_within(on_time, fire); });
        std::vector<Second> in_time(first_in_time, rest.end());
        rest.erase(first_in_time, rest.end());
        if (!in_time.empty()) rows.push_back({in_time.back(), std::move(in_time), false, false});
    }
    cover_rest(true);

    Debt debt;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        row->late = row->missed || !is_within(on_time, row->fire);
        if (!row->missed && budget && (*budget)-- <= 0)
            debt.after_end.insert(debt.after_end.end(), row->covers.begin(), row->covers.end());
        else
            debt.rows.push_back(*row);
    }
    return debt;
}

std::string fate_at_entry(const Rules& rules, const Owed& row, const std::vector<Open>& open) {
    if (row.missed) return "missed";
    if (row.late && rules.catch_up == "all") return "queued";
    const auto is_waiting = [](const Open& other) { return other.status == "waiting_for_input"; };
    if (rules.while_waiting == "skip" && std::any_of(open.begin(), open.end(), is_waiting))
        return "open_question";
    const auto before = std::count_if(open.begin(), open.end(), [&](const Open& other) {
        return !is_waiting(other) && !other.lost;
    });
    if (rules.overlap == "skip" && before > 0) return "overlap";
    if (rules.overlap == "queue_one" && before > 1) return "overlap";
    if (rules.overlap == "queue_all" && before > rules.queue_max) return "overlap";
    return "queued";
}

} // namespace agentcron::model
