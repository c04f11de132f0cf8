// What the worker needs of storage. Declared here by its user; implemented by db/. Every call is
// made on the loop thread, returns at once, and completes by its callback on the loop thread. While
// the database is away calls wait, in order, and are sent when it is back; none is dropped and none
// takes effect twice.
#pragma once

#include "base/boot_clock.hpp"
#include "base/clock.hpp"
#include "task/budget.hpp"
#include "task/status.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::task {

// The right to run one task: every write names it, and a write whose token is no longer good
// changes nothing.
struct Lease {
    std::int64_t task_id = 0;
    int run_no = 0;
    std::string token;      // uuid text
    std::string output_day; // date text; first part of the keys in `output`
};

// What a claim or a renewal is worth.
struct LeaseTerm {
    // Just before the statement was sent: from then on the lease is good for `ttl`, at least.
    base::BootClock::time_point sent{};
    base::Millis ttl{0};
    // Other workers are there, who take the task over when the lease has run out.
    bool has_rivals = true;
};

struct Renewal {
    LeaseTerm term;
    std::vector<std::string> renewed; // tokens
    // No longer good. One that is in neither list is good and was not renewed: somebody held its
    // row.
    std::vector<std::string> lost;
};

struct Claimed {
    Lease lease;
    int attempt = 1;
    std::string schedule; // "" for a task enqueued by hand
    std::optional<base::Instant> fire_time;
    base::Instant run_at{};
    std::string agent;
    std::optional<std::string> driver; // nullopt: no such agent is declared any more
    std::string agent_config;          // jsonb text
    std::string spec;                  // jsonb text
    std::string session_id;
    bool goes_on = false;       // a person wants it in that session and in no other
    std::int64_t continues = 0; // the task whose conversation it goes on with; 0 = none
    std::string lost_session;   // could not be opened again, and is no more; "" = none
    // A limit or a missing login stopped the leg before: the session goes on.
    bool was_limited = false;
    int limit_waits = 0; // so often the task has waited for the end of a limit
    Amounts spent;       // by its earlier legs and attempts, if it has a budget
    // The budget of the whole chain that it is a step of, and of its schedule for a day.
    std::vector<Account> shared_accounts;
    std::optional<base::Instant> last_success_at; // looked up only if the prompt names it
    struct Answered {
        std::string native_id;
        std::string question;
        std::string answer;
        bool expired = false; // nobody answered in time; the answer is ""
        std::string request;  // JSON text; "" = none
    };
    std::vector<Answered> answers; // this leg resumes with them; the last one asked comes last
    std::string inputs;            // jsonb text: results of earlier steps by name; "" = none
    // What is left of the task's total_timeout; nullopt: it has none.
    std::optional<base::Millis> total_left;
    // What its end makes room under: the store looks there when it is told.
    std::vector<std::string> keys;
    // Its changes may concern a scheduler: it is told of them.
    bool watched = false;
};

struct ClaimReply {
    std::vector<Claimed> tasks;
    bool more = false;                          // perhaps more is due: claim again
    bool contended = false;                     // a rival works on what was left: again soon
    std::vector<std::string> held;              // keys under which tasks had to wait
    std::vector<std::string> not_used;          // keys whose room such a task did not take
    std::optional<base::Instant> next_ready_at; // when there was nothing more: the next to wait for
    base::Instant database_now{};
    LeaseTerm term; // of all that were claimed
};

// A start that is expected of an agent whose processes are started ahead.
struct ComingStart {
    std::string agent;
    std::string driver;
    std::string agent_config; // jsonb text
    std::optional<int> max_concurrent;
    base::Millis due_in{};  // never negative
    base::Millis prewarm{}; // how long before that its process is wanted
};

struct Finish {
    std::string status;  // task::Status, or "queued" with retry_after
    std::string reason;  // task::Reason
    std::string outcome; // of the attempt: succeeded | failed | cancelled
    std::optional<std::string> message;
    std::optional<int> exit_code;
    std::optional<int> signal;
    std::string usage;                 // JSON object text
    std::optional<std::string> result; // JSON text
    std::optional<std::string> summary;
    std::optional<std::string> session_id;
    std::optional<base::Millis> retry_after;
    // Of status blocked: as if the attempt had not been, the task goes on after the limit, or
    // without one (reason auth) when a person lets it. Then its schedule is paused.
    struct Limit {
        std::optional<base::Instant> ends_at; // if known: so much later
        base::Millis later{0};
        base::Millis else_after{0}; // from now, where it is not known or has passed
    };
    std::optional<Limit> limit;
};

struct AskedQuestion {
    std::string native_id;
    std::string kind;
    std::string headline;
    std::string body;
    std::string options; // JSON array text
    std::optional<std::string> default_option;
    std::string items;   // JSON array text
    std::string schema;  // JSON text; "" = none
    std::string request; // JSON text; "" = none
    std::optional<std::string> session_id;
};

// One row of output; see agent::Output.
struct OutputRow {
    std::uint64_t seq = 0;
    base::Instant at{};
    std::string stream;
    std::string kind;
    std::string body;
};

struct OutputBatch {
    Lease lease;
    std::vector<OutputRow> rows;
    std::uint64_t spool_offset = 0;        // everything before it is stored with this batch
    std::optional<std::string> progress{}; // how far the agent is in its own words, if it said so
    std::optional<double> progress_percent{};
    bool to_disk = false; // it is to be done only when no crash of the store takes it back
};

// What a leg that did not end its task leaves to the next.
struct Leg {
    std::optional<std::string> session_id{};
    std::string usage = "{}";     // JSON object text; added to the task's
    bool session_is_gone = false; // of one that is given back: its session could not be opened
};

// What people want of one running attempt.
struct Signal {
    Lease lease;
    bool cancel = false;
    Reason cancel_reason = Reason::user; // user or replaced
    struct Answer {
        std::int64_t question_id = 0;
        std::string native_id;
        std::string text;
        bool expired = false; // nobody answered in time; the text is ""
    };
    struct Message {
        std::int64_t id = 0;
        std::string body;
    };
    std::vector<Answer> answers;
    std::vector<Message> messages;
};

enum class Write { done, lease_lost };
enum class Parked { parked, answered_first, lease_lost };

// What the store knows of an attempt that an earlier worker left.
struct Adopted {
    std::string token;
    bool is_ours = false;   // its lease is this worker's now
    bool has_ended = false; // in the store too
    std::uint64_t spool_offset = 0;
};

struct Adoption {
    LeaseTerm term; // of those that are ours
    std::vector<Adopted> attempts;
};

// Workers of this machine that are gone, and of whose agents nothing lives but what goes on.
struct DeadWorkers {
    std::vector<std::string> ids;
    // Those of them whose directories say all: what is not in `launched` never had an agent.
    std::vector<std::string> traced{};
    struct Run {
        std::int64_t task_id = 0;
        int run_no = 0;
    };
    std::vector<Run> launched{};
};

class TaskStore {
public:
    template <class... Args>
    using Then = std::function<void(Args...)>;
    virtual ~TaskStore() = default;

    // At most `count` tasks that may start. First what waits under the `freed` keys is let go; with
    // a count of 0 nothing starts. `wide` also looks below the floor under which everything was
    // claimed before, and under all keys: now and then, and after a lost connection.
    virtual void claim(int count, bool wide, std::vector<std::string> freed,
                       Then<ClaimReply> then) = 0;
    // Prolongs the leases. Also the worker's heartbeat. nullopt: the database refused it.
    virtual void renew(const std::vector<Lease>& leases, Then<std::optional<Renewal>> renewed) = 0;
    // Takes over the leases of workers that died, by their tokens. One that was lost meanwhile is
    // not brought back. Attempts that are not known do not come back either.
    virtual void adopt(const std::vector<Lease>& leases, Then<Adoption> then) = 0;
    // When the store was last seen to be down for everybody. Who could not renew then has lost
    // nothing: nobody takes a lease over before the store has been back for a lease's life.
    virtual base::BootClock::time_point down_at() const = 0;
    virtual void signals(Then<std::vector<Signal>> then) = 0;
    // Refused output (lost lease) is dropped: another attempt owns the task.
    virtual void write_output(OutputBatch batch, Then<> then) = 0;
    virtual void ask(const Lease& lease, AskedQuestion question, Then<Write> then) = 0;
    // The agent named its session, in the working directory that it is to be opened in again.
    virtual void session(const Lease& lease, std::string session_id, std::string directory,
                         Then<Write> then) = 0;
    virtual void withdraw(const Lease& lease, std::string native_id, Then<Write> then) = 0;
    virtual void delivered(const Lease& lease, std::int64_t question_id,
                           std::optional<std::int64_t> message_id, Then<> then) = 0;
    virtual void park(const Lease& lease, Leg leg, Then<Parked> then) = 0;
    virtual void finish(const Lease& lease, Finish finish, Then<Write> then) = 0;
    // Shut-down: the task is queued again as if this attempt had not been.
    virtual void give_back(const Lease& lease, std::string why, Leg leg, Then<> then) = 0;
    // It vanished, or had to be stopped: on_lost says what becomes of the task.
    virtual void lost(const Lease& lease, std::string why, Leg leg, Then<> then) = 0;
    // What falls due until `within` after its prewarm begins; the earliest comes first.
    virtual void coming(base::Seconds within, Then<std::vector<ComingStart>> then) = 0;
    // Ends the leases that ran out; `count` tasks were queued again, parked or failed.
    virtual void rescue(Then<int> then) = 0;
};

} // namespace agentcron::task
