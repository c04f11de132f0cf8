#include "unit/task/lease_model.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <unordered_map>

namespace agentcron::task::model {
namespace {

std::string_view bytes_of(const State& state) {
    static_assert(std::has_unique_object_representations_v<State>); // no byte of padding
    return {reinterpret_cast<const char*>(&state), sizeof state};
}

// Tokens that nobody knows any more are left out, so that the others are as low as can be.
State with_low_tokens(const State& s) {
    std::array<bool, runs_max + 1> is_known{};
    for (const auto token : {s.lease, s.question_run, s.run_no}) is_known[token] = true;
    for (const auto& w : s.workers) is_known[w.token] = is_known[w.saw] = true;
    for (std::size_t t = 1; t < is_known.size(); ++t)
        is_known[t] |= s.agents[t].alive || s.agents[t].kept;
    std::array<std::uint8_t, runs_max + 1> low{};
    State out = s;
    out.agents = {};
    std::uint8_t next = 0;
    for (std::size_t t = 1; t < is_known.size(); ++t) {
        if (!is_known[t]) continue;
        low[t] = ++next;
        out.agents[next] = s.agents[t];
    }
    out.lease = low[s.lease];
    out.question_run = low[s.question_run];
    out.run_no = low[s.run_no];
    for (auto& w : out.workers) {
        w.token = low[w.token];
        w.saw = low[w.saw];
    }
    return out;
}

State with_workers_swapped(const State& s) {
    State out = s;
    std::swap(out.workers[0], out.workers[1]);
    if (s.lease > 0) out.holder ^= 1;
    for (auto& a : out.agents)
        if (a.alive || a.kept) a.host ^= 1;
    return out;
}

// One of all states that differ in names only.
State normal(const State& given) {
    State s = given;
    const bool is_past = s.question == Question::delivered && s.lease != s.question_run;
    if (is_past || s.question == Question::closed) s.question_run = 0;
    s = with_low_tokens(s);
    const State other = with_workers_swapped(s);
    return bytes_of(other) < bytes_of(s) ? other : s;
}

class Search {
public:
    explicit Search(const Rules& rules) : rules_(rules) {}

    Report run() {
        add({}, 0, "");
        for (std::size_t i = 0; i < found_.size(); ++i)
            if (!follow(i)) return std::move(report_);
        report_.states = found_.size();
        look_for_dead_ends();
        return std::move(report_);
    }

private:
    struct Found {
        State state;
        std::size_t from;
        std::string_view by;
        std::vector<std::uint32_t> without_help{}; // whence the system comes here by itself
    };
    struct Hash {
        std::size_t operator()(const State& s) const {
            return std::hash<std::string_view>()(bytes_of(s));
        }
    };
    struct Equal {
        bool operator()(const State& a, const State& b) const { return bytes_of(a) == bytes_of(b); }
    };

    std::size_t add(const State& state, std::size_t from, std::string_view by) {
        const auto [at, is_new] = numbers_.try_emplace(normal(state), found_.size());
        if (is_new) found_.push_back({at->first, from, by});
        return at->second;
    }
    bool follow(std::size_t i) {
        const State state = found_[i].state;
        for (const auto& move : moves(state, rules_)) {
            report_.names.insert(move.name);
            const auto next = add(move.after, i, move.name);
            if (!move.broken.empty()) {
                broken(move.broken, i);
                report_.way.emplace_back(move.name);
                return false;
            }
            if (move.by == Move::By::system && next != i)
                found_[next].without_help.push_back(std::uint32_t(i));
        }
        return true;
    }
    // From everywhere the task comes to an end, or to a person, if nothing more goes wrong.
    void look_for_dead_ends() {
        std::vector<bool> gets_on(found_.size());
        std::vector<std::size_t> open;
        for (std::size_t i = 0; i < found_.size(); ++i)
            if (is_final(found_[i].state.status) || is_parked(found_[i].state)) open.push_back(i);
        for (const auto i : open) gets_on[i] = true;
        while (!open.empty()) {
            const auto i = open.back();
            open.pop_back();
            for (const auto before : found_[i].without_help) {
                if (gets_on[before]) continue;
                gets_on[before] = true;
                open.push_back(before);
            }
        }
        const auto stuck = std::find(gets_on.begin(), gets_on.end(), false);
        if (stuck != gets_on.end()) broken("a task is stuck", std::size_t(stuck - gets_on.begin()));
    }
    void broken(std::string_view promise, std::size_t at) {
        report_.states = found_.size();
        report_.broken = promise;
        for (; at != 0; at = found_[at].from) report_.way.emplace_back(found_[at].by);
        std::reverse(report_.way.begin(), report_.way.end());
    }

    const Rules rules_;
    std::unordered_map<State, std::size_t, Hash, Equal> numbers_;
    std::vector<Found> found_;
    Report report_;
};

} // namespace

Report search(const Rules& rules) {
    return Search(rules).run();
}

} // namespace agentcron::task::model
