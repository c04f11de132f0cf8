// One task, two workers and everything that may come between them, as a state machine small enough
// to be searched whole. Time is counted in ticks; a lease lives for ttl of them. What the database
// does stands under the name of its statement in src/db/sql; the rest is the worker's, the shim's,
// an agent's, a person's or bad luck.
//
// A worker trusts a lease for `trusted` ticks from when its renewal was sent; the shim ends its
// agent at that time by itself. No tick passes while one of them is due.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::task::model {

// What may be wrong with the rules; each but none must be found out.
enum class Flaw : std::uint8_t {
    none,
    finish_without_token,
    output_without_token,
    rescue_without_second_look, // of the lease's time, under the task's lock
    rescue_without_token,
    rescue_of_what_waits, // it begins anew
    rescue_without_answer,
    park_before_answer, // the answer that came first is not looked for
    give_back_without_answer,
    answer_without_leg,
    answer_after_end, // a late answer queues a finished task
    adoption_without_token,
    adoption_without_memory, // of what the agent was told already
    renewal_without_lease,   // a lease that is gone comes back
    trust_from_reply,        // counted from when the renewal was heard of, not sent
    trust_without_end,
    cancel_without_lease, // the task is cancelled while it runs
};

struct Rules {
    Flaw flaw = Flaw::none;
    std::uint8_t attempts_max = 2;
    std::uint8_t faults_max = 1;
    bool asks_when_lost = false; // on_lost: ask
};

inline constexpr std::uint8_t ttl = 3;
inline constexpr std::uint8_t trusted = 2;  // ttl less a margin
inline constexpr std::uint8_t runs_max = 6; // of which anybody knows at a time

enum class Status : std::uint8_t { queued, running, waiting, succeeded, failed, cancelled };
enum class Question : std::uint8_t { none, open, answered, delivered, closed };
enum class Life : std::uint8_t { up, stopped, dead };
enum class Stage : std::uint8_t { none, running, parking, giving_back, cancelling };
enum class Renewal : std::uint8_t { none, sent, good, lost };
enum class Exit : std::uint8_t { none, good, bad };

struct Agent {
    bool alive = false;
    bool kept = false; // its run directory is still there
    std::uint8_t host = 0;
    std::uint8_t left = 0; // until its worker, or else its shim, ends it
    bool asks = false;
    std::uint8_t told = 0; // how often it was given the answer
    Exit exit = Exit::none;
};

struct Worker {
    Life life = Life::up;
    bool connected = true;
    std::uint8_t token = 0;
    Stage stage = Stage::none;
    bool fed = false; // the answer was given to its agent; that is not stored yet
    Renewal renewal = Renewal::none;
    std::uint8_t renewal_trust = 0;
    std::uint8_t saw = 0; // a token whose lease had run out
};

struct State {
    Status status = Status::queued;
    bool ready = true;
    bool resumes = false;
    std::uint8_t lease = 0; // the token; tokens are counted, like runs
    std::uint8_t holder = 0;
    std::uint8_t lease_left = 0;
    bool unheard = false; // its claimer does not know of it
    bool cancel = false;
    Question question = Question::none;
    std::uint8_t question_run = 0; // 0 while it is open: not an agent's, but about its lost worker
    std::uint8_t attempt = 0;
    std::uint8_t run_no = 0;
    std::uint8_t faults = 0;
    std::array<Worker, 2> workers{};
    std::array<Agent, runs_max + 1> agents{}; // by token
};

// The holder of a lease whose worker is no more.
constexpr std::uint8_t dead_of(int w) {
    return std::uint8_t(2 + w);
}

struct Move {
    enum class By : std::uint8_t { system, person, fault };
    std::string_view name; // of the statement, for what the database does
    int worker = 0;
    By by = By::system;
    State after;
    std::string_view broken; // the promise that it broke, if any
};

bool is_parked(const State& state);
bool is_final(Status status);
// All that may come next.
std::vector<Move> moves(const State& state, const Rules& rules);
// A promise that does not hold in this state; "" if all do.
std::string_view broken_promise(const State& state);

struct Report {
    std::size_t states = 0;
    std::string broken;           // "" if every promise holds in every state that can be reached
    std::vector<std::string> way; // the shortest to where it broke
    std::set<std::string_view> names;
};
// Every state that can be reached, breadth first, up to the first promise that is broken.
Report search(const Rules& rules);

} // namespace agentcron::task::model
