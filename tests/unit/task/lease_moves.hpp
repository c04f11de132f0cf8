// The moves from one state of the model of leases (lease_model.hpp).
#pragma once

#include "unit/task/lease_model.hpp"

#include <type_traits>

namespace agentcron::task::model {

using Broken = std::string_view; // the promise that a move breaks; "" = none

inline constexpr Broken two_write = "two attempts write";
inline constexpr Broken resurrected = "a finished task was changed";
inline constexpr Broken answer_lost = "an answer was lost";

class Moves {
public:
    Moves(const State& state, const Rules& rules) : before_(state), rules_(rules) {}
    std::vector<Move> all();

private:
    using By = Move::By;

    // Of the world: lease_model.cpp.
    void luck(int w);
    void connection_is_back(int w);
    void begins(int w);
    void lease_of(int w);
    void agent_of(int w);
    void agents();
    void people();
    bool is_due() const;
    void tick();

    // Of the database, each named after its statement: lease_statements.cpp.
    void statements(int w);
    void renew(int w);
    void claims(int w);
    void claim(State& s, int w, bool is_heard) const;
    void look_for_the_lost(int w);
    void running(int w);
    void signals(int w);
    void adopt(State& s, int w, int token) const;
    Broken rescue(State& s) const;
    Broken give_back(State& s, int token) const;
    Broken park(State& s, int w) const;
    Broken finish(State& s, int w, bool is_heard) const;

    const Worker& worker(int w) const { return before_.workers[std::size_t(w)]; }
    const Agent& agent(int token) const { return before_.agents[std::size_t(token)]; }
    static Worker& worker(State& s, int w) { return s.workers[std::size_t(w)]; }
    static Agent& agent(State& s, int token) { return s.agents[std::size_t(token)]; }
    bool is(Flaw flaw) const { return rules_.flaw == flaw; }
    bool is_busy(int w) const;
    bool is_undelivered(int token) const;
    Broken answer_kept(const State& s, int token) const;
    Broken promise(const Move& move) const;

    // Who ends an attempt forgets it.
    static void let_go(State& s, int w);
    static void kill(State& s, int token);
    static void give_up_lease(State& s);
    static void close_question(State& s);
    static void queue(State& s, bool resumes);

    // `change(state)` says which promise it breaks, if it may break one.
    template <class Change>
    void may(std::string_view name, int w, Change change, By by = By::system) {
        if (by == By::fault && before_.faults >= rules_.faults_max) return;
        Move move{name, w, by, before_, {}};
        if constexpr (std::is_void_v<decltype(change(move.after))>)
            change(move.after);
        else
            move.broken = change(move.after);
        came(std::move(move));
    }
    void came(Move move);

    const State& before_;
    const Rules& rules_;
    std::vector<Move> moves_;
};

} // namespace agentcron::task::model
