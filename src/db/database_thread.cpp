#include "db/database_thread.hpp"

#include "base/backoff.hpp"
#include "base/signals_blocked.hpp"
#include "base/text.hpp"

#include <boost/asio/post.hpp>
#include <random>
#include <spdlog/spdlog.h>

namespace agentcron::db {
namespace {

// How long a job that is under way may still take when nobody waits for it any more.
constexpr base::Seconds goodbye_within{5};

} // namespace

void log_state(std::string_view session, bool connected, const std::string& message) {
    if (connected)
        spdlog::info("database is back session={}", session);
    else
        spdlog::warn("database takes nothing for now, trying again session={}: {}", session,
                     base::one_line(message, 500));
}

DatabaseThread::DatabaseThread(boost::asio::io_context& loop, Options options,
                               std::function<void(bool, std::string)> on_state)
    : loop_(loop)
    , options_(std::move(options))
    , on_state_(std::move(on_state))
    , watch_timer_(loop) {
    const base::SignalsBlocked blocked;
    thread_ = std::thread([this] { work(); });
}

DatabaseThread::~DatabaseThread() {
    *alive_ = false;
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, goodbye_within, [this] { return ended_; });
    }
    socket_.cut(); // it has ended, or its server does not answer
    thread_.join();
}

void DatabaseThread::post(Job job) {
    ++unfinished_;
    watch();
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(job));
    }
    changed_.notify_one();
}

void DatabaseThread::watch() {
    if (std::exchange(watching_, true)) return;
    watch_timer_.expires_after(options_.answer_within);
    watch_timer_.async_wait([this, alive = alive_](const boost::system::error_code& error) {
        if (error || !*alive) return;
        watching_ = false;
        if (unfinished_ == 0) return;
        socket_.cut_if_silent_since(SessionSocket::Clock::now() - options_.answer_within);
        watch();
    });
}

DatabaseThread::Batch DatabaseThread::next_batch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) return {};
    if (waiting_.size() <= options_.batch_max) return std::exchange(waiting_, {});
    Batch batch;
    for (std::size_t i = 0; i < options_.batch_max; ++i) {
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return batch;
}

void DatabaseThread::work() {
    base::Backoff backoff(base::Millis(50), options_.retry_pause_max);
    std::minstd_rand random{std::random_device{}()};
    while (!stopping()) {
        Batch batch = next_batch();
        while (!batch.empty() && !stopping()) {
            if (run_batch(batch)) {
                backoff.reset();
                continue;
            }
            const auto pause = backoff.next(std::uniform_real_distribution<>()(random));
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, pause, [this] { return stop_; });
        }
    }
    disconnect();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

// Runs and removes what it can; false when the database cannot take the rest for now.
bool DatabaseThread::run_batch(Batch& batch) {
    try {
        if (!connection_) connect();
        run_together(batch);
        report(true, "");
        for (auto& job : batch) complete(job);
        batch.clear();
        return true;
    } catch (const std::exception& error) {
        const bool is_lost = !connection_ || is_connection_lost(error, connection_->raw());
        if (is_lost) disconnect();
        if (is_lost || is_passing(error)) {
            report(false, std::string(base::trim(error.what())));
            return false;
        }
        if (batch.size() == 1) {
            refuse(batch.front(), std::string(base::trim(error.what())));
            batch.pop_front();
            return true;
        }
    }
    // One of them is refused: each alone, so that it harms no other.
    while (!batch.empty()) {
        Batch one;
        one.push_back(std::move(batch.front()));
        batch.pop_front();
        const bool taken = run_batch(one);
        if (!one.empty()) batch.push_front(std::move(one.front()));
        if (!taken) return false;
    }
    return true;
}

void DatabaseThread::run_together(Batch& batch) {
    pqxx::work tx(connection_->raw());
    Session session{*connection_, tx, epoch_};
    for (auto& job : batch) {
        socket_.touch();
        job.run(session);
    }
    socket_.touch();
    tx.commit();
}

void DatabaseThread::connect() {
    const auto asked = base::BootClock::now();
    try {
        connection_ = std::make_unique<Connection>(options_.conninfo);
    } catch (const Unreachable& error) {
        if (options_.unreachable) options_.unreachable(asked, error.what());
        throw;
    }
    socket_.open(connection_->raw().sock());
    ++epoch_;
    if (!options_.synchronous_commit)
        pqxx::nontransaction(connection_->raw()).exec("set synchronous_commit = off");
}

void DatabaseThread::disconnect() {
    connection_.reset();
    socket_.close();
}

void DatabaseThread::complete(Job& job) {
    --unfinished_;
    if (job.committed) job.committed();
    if (!job.done) return;
    boost::asio::post(loop_, [alive = alive_, done = std::move(job.done)] {
        if (*alive) done();
    });
}

void DatabaseThread::refuse(Job& job, std::string error) {
    --unfinished_;
    boost::asio::post(loop_, [alive = alive_, refused = std::move(job.refused), error] {
        if (*alive && refused) refused(error);
    });
}

void DatabaseThread::report(bool connected, std::string message) {
    if (connected == reported_connected_) return;
    reported_connected_ = connected;
    boost::asio::post(loop_, [alive = alive_, on_state = on_state_, connected, message] {
        if (*alive && on_state) on_state(connected, message);
    });
}

bool DatabaseThread::stopping() {
    const std::lock_guard lock(mutex_);
    return stop_;
}

} // namespace agentcron::db
