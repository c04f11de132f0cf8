#include "db/output_writer.hpp"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

namespace agentcron::db {
namespace {

constexpr auto watch_lasts = std::chrono::seconds(60);

std::size_t bytes_of(const task::OutputBatch& batch) {
    std::size_t bytes = 0;
    for (const auto& row : batch.rows) bytes += row.body.size();
    return bytes;
}

void insert(Session& session, const task::OutputBatch& batch) {
    const auto& lease = batch.lease;
    const auto& statement = session.connection.prepare("insert_output");
    for (const auto& row : batch.rows)
        session.tx.exec_prepared(statement, lease.output_day, lease.task_id, lease.run_no,
                                 static_cast<std::int64_t>(row.seq), timestamp_text(row.at),
                                 row.stream, storable_text(row.kind), pqxx::binarystring(row.body),
                                 lease.token);
    std::optional<std::string> percent;
    if (batch.progress_percent) percent = fmt::format("{}", *batch.progress_percent);
    session.run("spool_offset",
                params(lease.task_id, lease.token, static_cast<std::int64_t>(batch.spool_offset),
                       batch.progress, percent));
}

} // namespace

OutputWriter::OutputWriter(boost::asio::io_context& loop, const std::string& conninfo,
                           const DatabaseThread& ending)
    : ending_(ending)
    , thread_(
          loop,
          {.name = "output", .conninfo = conninfo, .synchronous_commit = false, .batch_max = 64},
          [](bool connected, const std::string& message) {
              log_state("output", connected, message);
          }) {}

void OutputWriter::watch(std::int64_t task_id) {
    watched_[task_id] = std::chrono::steady_clock::now() + watch_lasts;
}

void OutputWriter::write(task::OutputBatch batch, std::function<void()> then) {
    const auto watcher = watched_.find(batch.lease.task_id);
    const bool is_watched = watcher != watched_.end();
    if (is_watched && watcher->second < std::chrono::steady_clock::now()) watched_.erase(watcher);
    auto sent = std::make_shared<Sent>(Sent{.batch = std::move(batch)});
    post({.sent = std::move(sent),
          .is_watched = is_watched,
          .is_retry = false,
          .then = std::move(then)});
}

void OutputWriter::post(Write write) {
    const bool flush = write.sent->batch.to_disk ||
                       unflushed_bytes_ + bytes_of(write.sent->batch) > unflushed_bytes_max ||
                       unflushed_.size() >= unflushed_batches_max;
    const auto run = [this, write, flush, before = unflushed_](Session& session) {
        // A machine that slept for days has no partition of today yet.
        if (write.is_retry) session.run("ensure_output_partitions", params());
        if (flush) session.run("commit_to_disk", params());
        for (const auto& earlier : before)
            if (earlier->epoch != session.epoch) insert(session, earlier->batch);
        insert(session, write.sent->batch);
        write.sent->epoch = session.epoch;
        write.sent->ending_epoch = ending_.epoch();
        if (write.is_watched)
            session.run("announce_output", params(std::to_string(write.sent->batch.lease.task_id)));
    };
    const auto refused = [this, write](const std::string& error) mutable {
        if (!std::exchange(write.is_retry, true)) return post(write);
        spdlog::error("database refused output of task {}: {}", write.sent->batch.lease.task_id,
                      error);
        write.then();
    };
    thread_.post({.run = run,
                  .committed =
                      [sent = write.sent, before = unflushed_] {
                          for (const auto& earlier : before) earlier->epoch = sent->epoch;
                      },
                  .done = [this, write, flush] { committed(write, flush); },
                  .refused = refused});
}

void OutputWriter::committed(const Write& write, bool flushed) {
    if (flushed) {
        // A commit that waits for the disk takes all earlier ones with it.
        unflushed_.clear();
        unflushed_bytes_ = 0;
    } else {
        unflushed_.push_back(write.sent);
        unflushed_bytes_ += bytes_of(write.sent->batch);
    }
    write.then();
}

void OutputWriter::announce(std::string what) {
    thread_.post({.run = [what = std::move(what)](
                             Session& session) { session.run("announce", params(what)); },
                  .committed = nullptr,
                  .done = nullptr,
                  .refused = nullptr});
}

void OutputWriter::ensure_partitions() {
    // On this session: what is written later finds them, and a reader of the whole table, whom this
    // waits for, holds up no renewal.
    thread_.post(
        {.run = [](Session& session) { session.run("ensure_output_partitions", params()); },
         .committed = nullptr,
         .done = nullptr,
         .refused =
             [](const std::string& error) {
                 spdlog::error("database refused output partitions: {}", error);
             }});
}

OutputWriter::Unflushed OutputWriter::unflushed_of(const task::Lease& lease) const {
    Unflushed found;
    for (const auto& sent : unflushed_)
        if (sent->batch.lease.token == lease.token) found.push_back(sent);
    return found;
}

void OutputWriter::restore(Session& session, const Unflushed& unflushed) {
    for (const auto& sent : unflushed)
        if (sent->ending_epoch != session.epoch) insert(session, sent->batch);
}

} // namespace agentcron::db
