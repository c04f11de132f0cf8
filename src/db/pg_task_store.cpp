#include "db/pg_task_store.hpp"

#include "db/renewals.hpp"
#include "db/task_rows.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::db {

using task::Lease;

namespace {

std::optional<std::string> json_or_null(const std::string& json) {
    if (json.empty()) return std::nullopt;
    return storable_json(json);
}

// A rolled-back claim or a commit that was slow may put a row this far below what was claimed.
constexpr base::Millis floor_margin{200};

// A long run of tasks that have to wait is moved out of the way in larger pieces.
constexpr int blocked_pick_max = 512;

constexpr const char* no_usage = "{}";

// The claim's LIMIT is a literal: few of them, so that few plans exist.
int claim_limit(int count) {
    for (const int limit : {64, 16, 4})
        if (count >= limit) return limit;
    return 1;
}

void log_refused(const std::string& what, const std::string& error) {
    spdlog::error("database refused {}: {}", what, error);
}

bool lock_task(Session& session, const Lease& lease) {
    return !session.run("lock_task", params(lease.task_id)).empty();
}

} // namespace

PgTaskStore::PgTaskStore(boost::asio::io_context& loop, const std::string& conninfo,
                         WorkerIdentity worker, base::Seconds lease_ttl,
                         std::function<void(bool, std::string)> on_state)
    : worker_(std::move(worker))
    , lease_ttl_(lease_ttl)
    , work_(loop, {.name = "work", .conninfo = conninfo}, std::move(on_state))
    , output_(loop, conninfo, work_)
    , workspaces_(work_, worker_.id, worker_.host)
    , heartbeat_(loop,
                 {.name = "heartbeat",
                  .conninfo = conninfo,
                  .retry_pause_max = std::min<base::Millis>(base::Seconds(5), lease_ttl / 6),
                  .unreachable =
                      [this](auto asked, const std::string& words) {
                          if (is_down_for_all(words)) down_at_ = asked.time_since_epoch().count();
                      }},
                 nullptr) {}

void PgTaskStore::end_unknown_claims(Session& session) {
    const auto& state = *work_state_;
    if (state.epoch == session.epoch) return;
    const std::vector<std::int64_t> held(state.held.begin(), state.held.end());
    for (const auto& row : session.run("unknown_claims", params(worker_.id, array_text(held)))) {
        Lease lease{integer_of(row["task_id"]), 0, text_of(row["token"]), ""};
        lock_task(session, lease);
        session.run("give_back",
                    params(lease.task_id, lease.token, "the claim's acknowledgement was lost",
                           std::nullopt, no_usage, false));
    }
}

ClaimOutcome PgTaskStore::run_claim(Session& session, int count, bool wide,
                                    const std::vector<std::string>& freed) {
    end_unknown_claims(session);
    const auto sent = base::BootClock::now();
    const auto& state = *work_state_;
    ClaimRequest request;
    request.worker_id = worker_.id;
    request.host = worker_.host;
    request.lease_ttl = lease_ttl_;
    request.count = count;
    request.wide = wide;
    request.freed = freed;
    request.floor = state.floor && !wide ? timestamp_text(*state.floor) : "-infinity";
    request.pick_max = state.all_blocked || count == 0 ? blocked_pick_max : claim_limit(count);
    auto outcome = claim_tasks(session, request);
    outcome.reply.term = {.sent = sent, .ttl = lease_ttl_};
    return outcome;
}

void PgTaskStore::claim(int count, bool wide, std::vector<std::string> freed,
                        Then<task::ClaimReply> then) {
    auto outcome = std::make_shared<ClaimOutcome>();
    auto epoch = std::make_shared<std::uint64_t>(0);
    work_.post(
        {.run =
             [this, outcome, epoch, count, wide, freed = std::move(freed)](Session& session) {
                 *outcome = run_claim(session, count, wide, freed);
                 *epoch = session.epoch;
             },
         .committed =
             [state = work_state_, outcome, epoch, count] {
                 state->epoch = *epoch; // not before: what was given back stays so
                 for (const auto& claimed : outcome->reply.tasks)
                     state->held.insert(claimed.lease.task_id);
                 if (count <= 0) return;
                 state->all_blocked = outcome->all_blocked;
                 state->floor = std::nullopt;
                 if (outcome->first_turn) state->floor = *outcome->first_turn - floor_margin;
             },
         .done =
             [this, outcome, then] {
                 // What we did not want was out of our rivals' sight for a moment.
                 if (outcome->left_startable) output_.announce("ready");
                 then(std::move(outcome->reply));
             },
         .refused =
             [outcome, then](const std::string& error) {
                 log_refused("a claim", error);
                 then({});
             }});
}

void PgTaskStore::renew(const std::vector<Lease>& leases, Then<std::optional<task::Renewal>> then) {
    auto renewal = std::make_shared<std::optional<task::Renewal>>();
    heartbeat_.post({.run =
                         [this, leases, renewal](Session& session) {
                             *renewal = renew_leases(session, worker_.id, lease_ttl_, leases);
                         },
                     .committed = nullptr,
                     .done = [renewal, then] { then(std::move(*renewal)); },
                     .refused =
                         [then](const std::string& error) {
                             log_refused("a renewal", error);
                             then(std::nullopt);
                         }});
}

void PgTaskStore::signals(Then<std::vector<task::Signal>> then) {
    auto signals = std::make_shared<std::vector<task::Signal>>();
    heartbeat_.post({.run =
                         [this, signals](Session& session) {
                             *signals = signals_from(session.run("signals", params(worker_.id)));
                         },
                     .committed = nullptr,
                     .done = [signals, then] { then(std::move(*signals)); },
                     .refused =
                         [then](const std::string& error) {
                             log_refused("a look for signals", error);
                             then({});
                         }});
}

void PgTaskStore::coming(base::Seconds within, Then<std::vector<task::ComingStart>> then) {
    auto coming = std::make_shared<std::vector<task::ComingStart>>();
    heartbeat_.post({.run =
                         [within, coming](Session& session) {
                             *coming = coming_from(session.run("coming_starts", params(within)));
                         },
                     .committed = nullptr,
                     .done = [coming, then] { then(std::move(*coming)); },
                     .refused =
                         [then](const std::string& error) {
                             log_refused("a look for coming fire times", error);
                             then({});
                         }});
}

// `run` under the task's lock. A lease that ended with it is forgotten by `forget_lease`.
Job PgTaskStore::lease_job(const Lease& lease, std::function<void(Session&)> run,
                           std::function<void()> done) {
    return {.run =
                [lease, run = std::move(run)](Session& session) {
                    lock_task(session, lease);
                    run(session);
                },
            .committed = nullptr,
            .done = done,
            .refused =
                [lease, done](const std::string& error) {
                    log_refused("a write of task " + std::to_string(lease.task_id), error);
                    done();
                }};
}

void PgTaskStore::ask(const Lease& lease, task::AskedQuestion question, Then<task::Write> then) {
    auto result = std::make_shared<task::Write>(task::Write::lease_lost);
    work_.post(lease_job(
        lease,
        [lease, question = std::move(question), result](Session& session) {
            const auto rows = session.run(
                "ask",
                params(lease.task_id, lease.token, storable_text(question.native_id), question.kind,
                       storable_text(question.headline), storable_text(question.body),
                       storable_json(question.options), question.default_option,
                       question.session_id, storable_json(question.items),
                       json_or_null(question.schema), json_or_null(question.request)));
            *result = rows.empty() ? task::Write::lease_lost : task::Write::done;
        },
        [result, then] { then(*result); }));
}

void PgTaskStore::session(const Lease& lease, std::string session_id, std::string directory,
                          Then<task::Write> then) {
    auto result = std::make_shared<task::Write>(task::Write::lease_lost);
    work_.post(lease_job(
        lease,
        [lease, session_id = storable_text(session_id), directory = storable_text(directory),
         result](Session& session) {
            const auto rows =
                session.run("session", params(lease.task_id, lease.token, session_id, directory));
            *result = rows.empty() ? task::Write::lease_lost : task::Write::done;
        },
        [result, then] { then(*result); }));
}

void PgTaskStore::withdraw(const Lease& lease, std::string native_id, Then<task::Write> then) {
    auto result = std::make_shared<task::Write>(task::Write::lease_lost);
    work_.post(lease_job(
        lease,
        [lease, native_id = storable_text(native_id), result](Session& session) {
            const auto rows =
                session.run("withdraw", params(lease.task_id, lease.token, native_id));
            *result = rows.empty() ? task::Write::lease_lost : task::Write::done;
        },
        [result, then] { then(*result); }));
}

void PgTaskStore::delivered(const Lease& lease, std::int64_t question_id,
                            std::optional<std::int64_t> message_id, Then<> then) {
    work_.post(lease_job(
        lease,
        [lease, question_id, message_id](Session& session) {
            if (message_id)
                session.run("message_delivered", params(*message_id));
            else
                session.run("delivered", params(lease.task_id, lease.token, question_id));
        },
        then));
}

void PgTaskStore::park(const Lease& lease, task::Leg leg, Then<task::Parked> then) {
    auto result = std::make_shared<task::Parked>(task::Parked::lease_lost);
    auto job = lease_job(
        lease,
        [lease, leg = std::move(leg), result,
         unflushed = output_.unflushed_of(lease)](Session& session) {
            OutputWriter::restore(session, unflushed);
            const auto rows =
                session.run("park", params(lease.task_id, lease.token, leg.session_id, leg.usage));
            if (!rows.empty()) {
                *result = integer_of(rows[0][0]) > 0 ? task::Parked::parked
                                                     : task::Parked::answered_first;
                return;
            }
            // Perhaps an earlier run of this very job was committed unnoticed.
            const auto outcome = session.run("attempt_outcome", params(lease.task_id, lease.token));
            *result = !outcome.empty() && text_of(outcome[0][0]) == "parked"
                          ? task::Parked::parked
                          : task::Parked::lease_lost;
        },
        [result, then] { then(*result); });
    job.committed = [state = work_state_, result, task_id = lease.task_id] {
        if (*result != task::Parked::answered_first) state->held.erase(task_id);
    };
    work_.post(std::move(job));
}

void PgTaskStore::finish(const Lease& lease, task::Finish finish, Then<task::Write> then) {
    auto result = std::make_shared<task::Write>(task::Write::lease_lost);
    Job job;
    job.run = [lease, finish, result, unflushed = output_.unflushed_of(lease)](Session& session) {
        OutputWriter::restore(session, unflushed);
        const auto done = finish.limit
                              ? !session.run("block", block_params(lease, finish)).empty()
                              : !session.run("finish", finish_params(lease, finish)).empty();
        // No row: lost, or an earlier run of this very job was committed unnoticed.
        *result = done ||
                          [&] {
                              const auto outcome = session.run("attempt_outcome",
                                                               params(lease.task_id, lease.token));
                              return !outcome.empty() && text_of(outcome[0][0]) == finish.outcome;
                          }()
                      ? task::Write::done
                      : task::Write::lease_lost;
    };
    job.committed = [state = work_state_, task_id = lease.task_id] { state->held.erase(task_id); };
    job.done = [result, then] { then(*result); };
    job.refused = [this, lease, finish, then](const std::string& error) mutable {
        const bool has_usage = finish.usage != no_usage;
        if (!finish.result && !has_usage) {
            log_refused("the end of task " + std::to_string(lease.task_id), error);
            then(task::Write::lease_lost);
            return;
        }
        // A number out of range in the usage, else something in the result, which its driver has
        // made fit for jsonb: the end itself must be kept.
        auto& message = finish.message.emplace(finish.message.value_or(""));
        if (!message.empty()) message += "; ";
        message +=
            fmt::format("the {} could not be stored: {}", has_usage ? "usage" : "result", error);
        if (has_usage)
            finish.usage = no_usage;
        else
            finish.result.reset();
        this->finish(lease, std::move(finish), std::move(then));
    };
    work_.post(std::move(job));
}

void PgTaskStore::give_back(const Lease& lease, std::string why, task::Leg leg, Then<> then) {
    auto job = lease_job(
        lease,
        [lease, why = std::move(why), leg = std::move(leg),
         unflushed = output_.unflushed_of(lease)](Session& session) {
            OutputWriter::restore(session, unflushed);
            session.run("give_back", params(lease.task_id, lease.token, why, leg.session_id,
                                            leg.usage, leg.session_is_gone));
        },
        then);
    job.committed = [state = work_state_, task_id = lease.task_id] { state->held.erase(task_id); };
    work_.post(std::move(job));
}

void PgTaskStore::register_worker(Then<> then) {
    output_.ensure_partitions();
    heartbeat_.post(
        {.run =
             [this](Session& session) {
                 session.run("register_worker",
                             params(worker_.id, worker_.host, worker_.boot_id, worker_.pid,
                                    worker_.version, worker_.slots));
             },
         .committed = nullptr,
         .done = then,
         .refused =
             [](const std::string& error) { log_refused("the worker's registration", error); }});
}

void PgTaskStore::worker_stopped(Then<> then) {
    heartbeat_.post(
        {.run = [this](Session& session) { session.run("worker_stopped", params(worker_.id)); },
         .committed = nullptr,
         .done = then,
         .refused = [then](const std::string&) { then(); }});
}

} // namespace agentcron::db
