// What the database does in the model of leases: src/db/sql/leases.sql and questions.sql, told in a
// few lines each.
#include "unit/task/lease_moves.hpp"

namespace agentcron::task::model {

void Moves::let_go(State& s, int w) {
    auto& me = worker(s, w);
    agent(s, me.token) = {};
    me.token = 0;
    me.stage = Stage::none;
    me.fed = false;
    me.renewal = Renewal::none;
    me.renewal_trust = 0;
}

void Moves::kill(State& s, int token) {
    auto& killed = agent(s, token);
    if (!killed.alive) return;
    killed.alive = false;
    killed.left = 0;
    killed.exit = Exit::bad;
}

void Moves::give_up_lease(State& s) {
    s.lease = s.holder = s.lease_left = 0;
    s.cancel = s.unheard = false;
}

void Moves::close_question(State& s) {
    if (s.question != Question::none) s.question = Question::closed;
}

void Moves::queue(State& s, bool resumes) {
    s.status = Status::queued;
    s.ready = true;
    s.resumes = resumes;
}

bool Moves::is_undelivered(int token) const {
    return before_.question == Question::answered && before_.question_run == token;
}

// An answer that no agent was given has to reach the next leg.
Broken Moves::answer_kept(const State& s, int token) const {
    const bool is_owed = is_undelivered(token) && agent(token).told == 0;
    const bool goes_on = s.lease > 0 || (s.ready && s.resumes);
    return is_owed && !goes_on && s.status != Status::cancelled ? answer_lost : Broken();
}

void Moves::statements(int w) {
    look_for_the_lost(w);
    if (worker(w).token == 0) return claims(w);
    switch (worker(w).stage) {
    case Stage::none: return;
    case Stage::running:
    case Stage::cancelling: return running(w);
    case Stage::parking: return may("park", w, [&](State& s) { return park(s, w); });
    case Stage::giving_back:
        return may("give_back", w, [&](State& s) {
            const int token = worker(w).token;
            const auto broken = s.lease == token ? give_back(s, token) : Broken();
            let_go(s, w);
            return broken;
        });
    }
}

// A statement that was sent is run, whatever became of who sent it.
void Moves::renew(int w) {
    const auto& me = worker(w);
    if (!me.connected || me.renewal != Renewal::sent) return;
    may("renew", w, [&](State& s) {
        if (s.lease == 0 && is(Flaw::renewal_without_lease)) {
            s.lease = me.token;
            s.holder = std::uint8_t(w);
        }
        const bool is_good = s.lease == me.token && s.holder == w;
        worker(s, w).renewal = is_good ? Renewal::good : Renewal::lost;
        if (is_good) s.lease_left = ttl;
    });
}

void Moves::claims(int w) {
    if (before_.ready && before_.run_no < runs_max) {
        may("claim", w, [&](State& s) { claim(s, w, true); });
        may(
            "claim", w, [&](State& s) { claim(s, w, false); }, By::fault);
    }
    if (before_.lease > 0 && before_.holder == w && before_.unheard)
        may("unknown_claims", w, [&](State& s) { return give_back(s, s.lease); });
}

void Moves::claim(State& s, int w, bool is_heard) const {
    s.ready = false;
    s.status = Status::running;
    s.lease = ++s.run_no;
    s.holder = std::uint8_t(w);
    s.lease_left = ttl;
    s.unheard = !is_heard;
    s.attempt += !s.resumes;
    if (!is_heard) {
        worker(s, w).connected = false;
        return;
    }
    worker(s, w).token = s.lease;
    worker(s, w).stage = Stage::running;
    agent(s, s.lease) = {.alive = true,
                         .kept = true,
                         .host = std::uint8_t(w),
                         .left = trusted,
                         .asks = s.resumes,
                         .told = std::uint8_t(s.resumes)};
    // The leg begins with it.
    if (s.resumes) s.question = Question::delivered;
}

void Moves::look_for_the_lost(int w) {
    const auto& me = worker(w);
    if (me.saw == 0 && before_.lease > 0 && before_.lease_left == 0)
        may("expired_leases", w, [w](State& s) { worker(s, w).saw = s.lease; });
    if (me.saw == 0) return;
    may("rescue", w, [&](State& s) {
        worker(s, w).saw = 0;
        const bool looks_at_token = !is(Flaw::rescue_without_token);
        const bool looks_at_time = looks_at_token && !is(Flaw::rescue_without_second_look);
        const bool is_renewed = s.lease_left > 0;
        if (s.lease == 0 || (looks_at_token && s.lease != me.saw) || (looks_at_time && is_renewed))
            return Broken();
        const auto broken = rescue(s);
        return is_renewed ? "a lease was taken back before its time" : broken;
    });
}

Broken Moves::rescue(State& s) const {
    const int token = s.lease;
    const bool is_cancelled = s.cancel;
    give_up_lease(s);
    if (is_cancelled) {
        s.status = Status::cancelled;
        close_question(s);
    } else if (s.question == Question::open && !is(Flaw::rescue_of_what_waits)) {
        s.status = Status::waiting;
    } else if (is_undelivered(token) && !is(Flaw::rescue_without_answer)) {
        queue(s, true);
    } else if (rules_.asks_when_lost && s.question == Question::none) {
        s.question = Question::open;
        s.status = Status::waiting;
    } else if (s.attempt < rules_.attempts_max) {
        s.attempt += s.resumes; // its claim does not count it
        queue(s, s.resumes);
    } else {
        s.status = Status::failed;
    }
    return answer_kept(s, token);
}

Broken Moves::give_back(State& s, int token) const {
    const bool is_cancelled = s.cancel;
    const bool is_answered =
        s.question_run == token &&
        (s.question == Question::answered || s.question == Question::delivered) &&
        !is(Flaw::give_back_without_answer);
    give_up_lease(s);
    if (is_cancelled) {
        s.status = Status::cancelled;
        close_question(s);
    } else if (s.question == Question::open) {
        s.status = Status::waiting;
    } else {
        queue(s, is_answered || s.resumes);
        s.attempt -= !s.resumes;
    }
    return answer_kept(s, token);
}

Broken Moves::park(State& s, int w) const {
    const int token = worker(w).token;
    if (s.lease != token) {
        let_go(s, w);
        return {};
    }
    const bool came_first = is_undelivered(token) && !is(Flaw::park_before_answer);
    if (came_first || s.cancel || s.question == Question::closed) {
        worker(s, w).stage = Stage::giving_back;
        return {};
    }
    give_up_lease(s);
    let_go(s, w);
    return answer_kept(s, token);
}

// The writes of an attempt until its end, in the order in which the worker sends them.
void Moves::running(int w) {
    const auto& me = worker(w);
    const auto& mine = agent(me.token);
    const bool is_good = before_.lease == me.token;
    const bool owes_note = me.fed && is_undelivered(me.token);
    if (me.stage == Stage::running) {
        may("insert_output", w, [&](State&) {
            const bool is_written = is_good || is(Flaw::output_without_token);
            return is_written && me.token != before_.run_no ? two_write : Broken();
        });
        if (is_good && mine.alive && before_.question == Question::none)
            may("ask", w, [&](State& s) {
                agent(s, me.token).asks = true;
                s.question = Question::open;
                s.question_run = me.token;
                s.status = Status::waiting;
            });
        if (is_good && before_.holder == w) signals(w);
    }
    if (owes_note)
        return may("delivered", w, [&](State& s) {
            worker(s, w).fed = false;
            if (!is_good) return;
            s.question = Question::delivered;
            s.status = Status::running;
        });
    if (mine.alive) return;
    may("finish", w, [&](State& s) { return finish(s, w, true); });
    may(
        "finish", w, [&](State& s) { return finish(s, w, false); }, By::fault);
}

void Moves::signals(int w) {
    const int token = worker(w).token;
    if (before_.cancel)
        return may("signals", w, [&](State& s) {
            kill(s, token);
            worker(s, w).stage = Stage::cancelling;
        });
    if (is_undelivered(token) && !worker(w).fed && agent(token).alive)
        may("signals", w, [&](State& s) {
            ++agent(s, token).told;
            worker(s, w).fed = true;
        });
}

// Sent again because its acknowledgement was lost, it changes nothing.
Broken Moves::finish(State& s, int w, bool is_heard) const {
    const auto& me = worker(w);
    const auto exit = agent(me.token).exit;
    if (is_heard)
        let_go(s, w);
    else
        worker(s, w).connected = false;
    if (s.lease != me.token && !is(Flaw::finish_without_token)) return {};
    const bool is_stale = me.token != s.run_no;
    const bool has_failed = exit != Exit::good && me.stage != Stage::cancelling;
    const bool is_cancelled = me.stage == Stage::cancelling || (has_failed && s.cancel);
    give_up_lease(s);
    close_question(s);
    if (is_cancelled)
        s.status = Status::cancelled;
    else if (has_failed && s.attempt < rules_.attempts_max)
        queue(s, false);
    else
        s.status = exit == Exit::good ? Status::succeeded : Status::failed;
    return is_stale ? two_write : Broken();
}

// The new worker takes the lease of the old one, by its token.
void Moves::adopt(State& s, int w, int token) const {
    auto& me = worker(s, w) = {};
    me.token = std::uint8_t(token);
    me.stage = Stage::running;
    me.fed = agent(s, token).told > 0 && !is(Flaw::adoption_without_memory);
    if (agent(s, token).alive) agent(s, token).left = trusted;
    s.lease = std::uint8_t(token);
    s.holder = std::uint8_t(w);
    s.lease_left = ttl;
}

} // namespace agentcron::task::model
