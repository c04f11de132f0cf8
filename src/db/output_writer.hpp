// Writes what agents wrote, in a session of its own whose commits do not wait for the disk. What a
// crash of the server would take back is kept until a commit that did wait, and is written again
// where a session was lost meanwhile; it lands on the same keys.
//
// Loop thread, but for `restore`.
#pragma once

#include "db/database_thread.hpp"
#include "task/task_store.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <vector>

namespace agentcron::db {

class OutputWriter {
public:
    // Kept at most, about; then a commit waits for the disk.
    static constexpr std::size_t unflushed_bytes_max = 4 * 1024 * 1024;
    static constexpr std::size_t unflushed_batches_max = 256;

    struct Sent {
        task::OutputBatch batch;
        std::uint64_t epoch = 0;        // of the session that committed it
        std::uint64_t ending_epoch = 0; // of the session that ends leases, as of before that commit
    };
    using Unflushed = std::vector<std::shared_ptr<Sent>>;

    // `ending` is the thread that ends leases; it outlives this object.
    OutputWriter(boost::asio::io_context& loop, const std::string& conninfo,
                 const DatabaseThread& ending);

    // `then` on the loop thread, once it is committed. Refused output is dropped.
    void write(task::OutputBatch batch, std::function<void()> then);
    // Says who is watching a task's output, so that writing it is worth a notification.
    void watch(std::int64_t task_id);
    void ensure_partitions();
    // Tells other processes; in a transaction of its own, for one with data would serialise every
    // commit of the server.
    void announce(std::string what);

    // For the write that ends a lease: after it, nothing of the attempt can be written.
    Unflushed unflushed_of(const task::Lease& lease) const;
    // Its first act, on the thread that ends leases: writes again what a crash may have taken back,
    // which is nothing while that thread kept its session.
    static void restore(Session& session, const Unflushed& unflushed);

private:
    struct Write {
        std::shared_ptr<Sent> sent;
        bool is_watched = false;
        bool is_retry = false;
        std::function<void()> then;
    };
    void post(Write write);
    void committed(const Write& write, bool flushed);

    const DatabaseThread& ending_;
    std::map<std::int64_t, std::chrono::steady_clock::time_point> watched_;
    Unflushed unflushed_; // in the order of their commits
    std::size_t unflushed_bytes_ = 0;
    DatabaseThread thread_;
};

} // namespace agentcron::db
