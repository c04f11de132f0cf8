#include "unit/task/lease_model.hpp"

#include "unit/task/lease_moves.hpp"

namespace agentcron::task::model {

std::vector<Move> Moves::all() {
    for (int w = 0; w < 2; ++w) {
        luck(w);
        if (worker(w).life != Life::dead) renew(w);
        if (worker(w).life != Life::up) continue;
        lease_of(w);
        agent_of(w);
        if (worker(w).connected) statements(w);
    }
    agents();
    people();
    if (!is_due()) tick();
    return std::move(moves_);
}

void Moves::came(Move move) {
    for (auto& me : move.after.workers)
        if (me.saw != move.after.lease && !is(Flaw::rescue_without_token)) me.saw = 0;
    if (move.by == By::fault) ++move.after.faults;
    if (move.broken.empty()) move.broken = promise(move);
    moves_.push_back(move);
}

Broken Moves::promise(const Move& move) const {
    if (is_final(before_.status) && move.after.status != before_.status) return resurrected;
    if (is_parked(before_) && !is_parked(move.after) && move.by != By::person)
        return "a parked task went on";
    return broken_promise(move.after);
}

// Bad luck of one that does nothing changes nothing.
bool Moves::is_busy(int w) const {
    const auto& me = worker(w);
    const bool has_unheard = before_.unheard && before_.holder == w;
    return me.token > 0 || me.saw > 0 || me.life != Life::up || has_unheard;
}

void Moves::luck(int w) {
    if (worker(w).life == Life::dead) return begins(w);
    if (!worker(w).connected) connection_is_back(w);
    if (!is_busy(w)) return;
    const auto die = [w](State& s) {
        worker(s, w) = {.life = Life::dead};
        if (s.lease > 0 && s.holder == w) s.holder = dead_of(w);
    };
    may("the daemon is killed", w, die, By::fault);
    may(
        "the machine goes down", w,
        [&](State& s) {
            die(s);
            for (auto& a : s.agents)
                if (a.host == w) a = {};
        },
        By::fault);
    if (worker(w).life == Life::up)
        may(
            "the daemon is stopped", w, [w](State& s) { worker(s, w).life = Life::stopped; },
            By::fault);
    else
        may("the daemon wakes up", w, [w](State& s) { worker(s, w).life = Life::up; });
    if (worker(w).connected)
        may(
            "its connection is lost", w, [w](State& s) { worker(s, w).connected = false; },
            By::fault);
}

void Moves::connection_is_back(int w) {
    may("its connection is back", w, [w](State& s) { worker(s, w).connected = true; });
}

// A daemon starts: what the one before it left is adopted, or ended.
void Moves::begins(int w) {
    int left = 0;
    for (int t = 1; t <= before_.run_no; ++t)
        if (agent(t).kept && agent(t).host == w) left = t;
    const bool is_good = left > 0 && before_.lease == left;
    if (left > 0 && (is_good || is(Flaw::adoption_without_token)))
        return may("adopt", w, [&](State& s) { adopt(s, w, left); });
    may("end_leases_of", w, [&](State& s) {
        worker(s, w) = {};
        for (auto& a : s.agents)
            if (a.host == w) a = {};
        if (s.lease > 0 && s.holder == dead_of(w)) s.lease_left = 0;
    });
}

// What the worker knows of its lease.
void Moves::lease_of(int w) {
    const auto& me = worker(w);
    if (me.token == 0) return;
    const auto& mine = agent(me.token);
    const bool may_send = me.renewal == Renewal::none || me.renewal == Renewal::sent;
    if (may_send && mine.alive && mine.left < trusted)
        may("a renewal is sent", w, [w](State& s) {
            worker(s, w).renewal = Renewal::sent;
            worker(s, w).renewal_trust = trusted;
        });
    if (me.renewal == Renewal::good)
        may("it was renewed", w, [&](State& s) {
            auto& renewed = worker(s, w);
            auto& living = agent(s, renewed.token);
            if (living.alive)
                living.left = is(Flaw::trust_from_reply) ? trusted : renewed.renewal_trust;
            renewed.renewal = Renewal::none;
            renewed.renewal_trust = 0;
        });
    if (me.renewal == Renewal::lost || (mine.alive && mine.left == 0))
        may("its lease is lost", w, [w](State& s) {
            kill(s, worker(s, w).token);
            let_go(s, w);
        });
}

void Moves::agent_of(int w) {
    const auto& me = worker(w);
    if (me.token == 0 || me.stage != Stage::running || !agent(me.token).alive) return;
    const auto end_for = [w, token = me.token](Stage stage) {
        return [w, token, stage](State& s) {
            kill(s, token);
            worker(s, w).stage = stage;
        };
    };
    if (agent(me.token).asks && agent(me.token).told == 0)
        may("it is held no longer", w, end_for(Stage::parking));
    may("the worker is shut down", w, end_for(Stage::giving_back), By::fault);
}

// An agent ends when it likes, or when its lease may end: by the worker's timer, or the shim's.
void Moves::agents() {
    for (int t = 1; t <= before_.run_no; ++t) {
        const auto& living = agent(t);
        if (!living.alive) continue;
        const auto end_as = [t](Exit exit) {
            return [t, exit](State& s) {
                kill(s, t);
                agent(s, t).exit = exit;
                if (!agent(s, t).kept) agent(s, t) = {};
            };
        };
        if (living.left == 0 && !is(Flaw::trust_without_end))
            may("the shim ends its agent", living.host, end_as(Exit::bad));
        if (!living.asks || living.told > 0)
            may("the agent is done", living.host, end_as(Exit::good));
        may("the agent fails", living.host, end_as(Exit::bad));
    }
}

void Moves::people() {
    const bool stops = before_.lease > 0 && before_.cancel;
    const bool is_late = is(Flaw::answer_after_end) && before_.question == Question::closed;
    if ((before_.question == Question::open && !stops) || is_late)
        may(
            "agentcron.answer", 0,
            [&](State& s) {
                if (s.question_run == 0 && !is_late) { // run again, not: give up
                    s.question = Question::closed;
                    return queue(s, s.resumes);
                }
                s.question = Question::answered;
                if (s.lease == 0 && !is(Flaw::answer_without_leg)) queue(s, true);
            },
            By::person);
    if (is_final(before_.status) || stops) return;
    may(
        "agentcron.cancel", 0,
        [&](State& s) {
            if (s.lease > 0 && !is(Flaw::cancel_without_lease)) {
                s.cancel = true;
                return;
            }
            s.ready = false;
            s.status = Status::cancelled;
            close_question(s);
        },
        By::person);
}

// Timers come before the tick after them.
bool Moves::is_due() const {
    if (is(Flaw::trust_without_end)) return false;
    for (const auto& a : before_.agents)
        if (a.alive && a.left == 0) return true;
    return false;
}

void Moves::tick() {
    may("a tick", 0, [](State& s) {
        const auto less = [](std::uint8_t& ticks) { ticks -= ticks > 0; };
        less(s.lease_left);
        for (auto& me : s.workers) less(me.renewal_trust);
        for (auto& a : s.agents) less(a.left);
    });
}

std::vector<Move> moves(const State& state, const Rules& rules) {
    return Moves(state, rules).all();
}

bool is_final(Status status) {
    return status == Status::succeeded || status == Status::failed || status == Status::cancelled;
}

bool is_parked(const State& s) {
    return s.status == Status::waiting && s.lease == 0 && !s.ready && s.question == Question::open;
}

std::string_view broken_promise(const State& s) {
    int alive = 0;
    for (const auto& a : s.agents) {
        alive += a.alive;
        if (a.told > 1) return "an answer was given twice";
    }
    if (alive > 1) return "two agents live";
    if (is_final(s.status) && (s.ready || s.lease > 0)) return resurrected;
    if (s.ready && s.lease > 0) return "a task is queued and leased";
    if (s.question == Question::open && s.status != Status::waiting)
        return "a question is open and its task does not wait";
    return {};
}

} // namespace agentcron::task::model
