// A thread with one connection that runs jobs in order. Jobs that wait together share one
// transaction and one commit: under load that is what makes a commit cheap. While the database is
// away, or cannot take them for now, jobs wait and are run again, so a job must be right when its
// first run committed unnoticed.
//
// Threads: post() and the callbacks are on the loop thread; a job's `run` and `committed` are on
// this object's thread. The object outlives its jobs; it is destroyed on the loop thread.
#pragma once

#include "base/boot_clock.hpp"
#include "db/connection.hpp"
#include "db/session_socket.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace agentcron::db {

struct Session {
    Connection& connection;
    pqxx::transaction_base& tx;
    std::uint64_t epoch; // grows with every new connection

    pqxx::result run(std::string_view statement, const Params& params, int limit = 0) {
        return connection.run(tx, statement, params, limit);
    }
};

struct Job {
    std::function<void(Session&)> run; // may run several times; only the last one counts
    std::function<void()> committed;   // then, on the database thread
    std::function<void()> done;        // then, on the loop thread
    // PostgreSQL refused this job alone; on the loop thread, instead of `done`.
    std::function<void(std::string error)> refused;
};

// Logs the change that a DatabaseThread reports of its session.
void log_state(std::string_view session, bool connected, const std::string& message);

class DatabaseThread {
public:
    struct Options {
        std::string name;     // in logs: "work", "output", ...
        std::string conninfo; // completed
        bool synchronous_commit = true;
        std::size_t batch_max = 256; // jobs in one transaction
        // A job that the server neither does nor refuses for so long, though it has a
        // statement_timeout: the session is given up.
        base::Millis answer_within = std::chrono::minutes(2);
        base::Millis retry_pause_max{5000}; // while it cannot be reached
        // Each time that it could not: when that was asked, and libpq's words. On the database
        // thread.
        std::function<void(base::BootClock::time_point, const std::string&)> unreachable{};
    };
    // `on_state(connected, message)`: on the loop thread, at each change. Not connected is also one
    // that cannot take what it is sent for now: a full disk, a deadlock.
    DatabaseThread(boost::asio::io_context& loop, Options options,
                   std::function<void(bool, std::string)> on_state);
    // Jobs that wait are dropped; the owner has waited for what it needs.
    ~DatabaseThread();
    DatabaseThread(const DatabaseThread&) = delete;
    DatabaseThread& operator=(const DatabaseThread&) = delete;

    void post(Job job);
    // The number of the latest connection, from 1; any thread. While it stays the same, the session
    // of that number has lived all the time.
    std::uint64_t epoch() const { return epoch_; }

private:
    using Batch = std::deque<Job>;
    void work();
    Batch next_batch();
    void connect();
    void disconnect();
    void watch();
    bool run_batch(Batch& batch);
    void run_together(Batch& batch);
    void complete(Job& job);
    void refuse(Job& job, std::string error);
    void report(bool connected, std::string message);
    bool stopping();

    boost::asio::io_context& loop_;
    const Options options_;
    const std::function<void(bool, std::string)> on_state_;

    std::mutex mutex_; // guards the next four
    std::condition_variable changed_;
    Batch waiting_;
    bool stop_ = false;
    bool ended_ = false;

    // The loop's own: looks whether the server answers while there are jobs.
    boost::asio::steady_timer watch_timer_;
    bool watching_ = false;
    std::atomic<std::size_t> unfinished_{0}; // jobs
    SessionSocket socket_;

    // The database thread's own.
    std::unique_ptr<Connection> connection_;
    std::atomic<std::uint64_t> epoch_{0};
    bool reported_connected_ = true;

    // Callbacks that were posted but not run when this object goes are void.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::thread thread_;
};

} // namespace agentcron::db
