#include "engine/attempt.hpp"

#include "base/disk_room.hpp"
#include "engine/attempt_record.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
// Waited for more output before a small batch is sent: far below what a person notices.
constexpr auto flush_delay = std::chrono::milliseconds(20);

} // namespace

// Told by the file system, and once of what an earlier worker left: then it may be old.
void Attempt::spool_grew() {
    const auto read_before = spool_offset_;
    readable();
    // Nothing is read while the store is behind.
    if (spool_offset_ != read_before || output_.is_full()) stall_time_->heard();
}

void Attempt::readable() {
    if (closed_ || lost_) return;
    if (!process_) return prepare();
    if (check_)
        check_->read(output_);
    else
        read_agent();
    flush_soon();
    conclude_when_stored();
}

void Attempt::read_agent() {
    while (!output_.is_full()) {
        retell();
        const auto frames = process_->read(read_bytes);
        if (frames.empty()) {
            if (!exit_ || output_ended_) break;
            output_ended_ = true;
            std::vector<agent::Event> events;
            driver_->end_of_output(events);
            take_events(events);
            break;
        }
        seen_running();
        for (const auto& frame : frames) {
            take_frame(frame);
            retell();
        }
    }
    if (exit_ || retelling_) return;
    // One reply at a time.
    for (auto more = true; more;) {
        const auto order = driver_->after_events();
        if (!order.is_empty()) note({.kind = JournalEntry::Kind::after_events});
        feed(order);
        more = order.reply.has_value();
    }
    keep_budgets();
}

void Attempt::seen_running() {
    if (!std::exchange(seen_running_, true)) host_.could_start();
}

// One that has given its result is done: what it cost is known, and nothing more is saved.
void Attempt::keep_budgets() {
    if (exit_ || result_ || !over_budget_.empty()) return;
    const auto which = task::over_budget(
        resolved_.accounts, {usage_.cost_usd.value_or(0), usage_.turns.value_or(0),
                             usage_.input_tokens.value_or(0) + usage_.output_tokens.value_or(0)});
    if (!which) return;
    over_budget_ = *which;
    stop_for(task::Ending::Limit::budget);
}

void Attempt::take_frame(const process::Frame& frame) {
    spool_offset_ = frame.offset + frame.bytes.size();
    if (retelling_) retelling_->heard_at = frame.at;
    const auto position = preparation_->prepared().output_end + frame.offset;
    std::vector<agent::Event> events;
    if (frame.stream == process::Stream::cut)
        if (const auto cut = process::read_cut(frame.bytes))
            if (auto words = cut_in_words(*cut, profile_.output_bytes_max); !words.empty())
                events.push_back(agent::Output{position, frame.at, agent::Stream::event, "cut",
                                               std::move(words)});
    if (const auto stream = agent_stream(frame.stream))
        driver_->receive({*stream, frame.at, position, frame.bytes}, events);
    if (spool_offset_ <= stored_to_)
        std::erase_if(events,
                      [](const auto& e) { return std::holds_alternative<agent::Output>(e); });
    take_events(events);
}

void Attempt::take_events(std::vector<agent::Event>& events) {
    for (auto& event : events) std::visit([this](auto& e) { take_event(e); }, event);
}

void Attempt::take_event(agent::Output& output) {
    output_.add(std::move(output));
}

void Attempt::take_event(agent::SessionStarted& session) {
    if (session_id_ == session.session_id) return;
    session_id_ = std::move(session.session_id);
    const auto directory = std::filesystem::absolute(preparation_->prepared().working_directory);
    host_.store.session(lease(), *session_id_, directory.string(),
                        [self = shared_from_this()](auto write) {
                            if (write == task::Write::lease_lost) self->lease_lost();
                        });
}

void Attempt::take_event(agent::Usage& usage) {
    usage_ = usage;
}

// It goes with the next batch of output, so however often an agent tells of it, it costs little.
void Attempt::take_event(agent::Progress& progress) {
    progress_ = std::move(progress);
}

void Attempt::take_event(agent::Result& result) {
    const bool ends = !result.is_handed_in;
    if (ends && result_ && result_->is_handed_in) {
        // Its last words say only what it did not hand in.
        if (result_->json.empty()) result_->json = std::move(result.json);
        if (result_->summary.empty()) result_->summary = std::move(result.summary);
    } else {
        result_ = std::move(result);
    }
    if (exit_ || !ends) return;
    // After its result an agent has nothing more to do: one that stays is ended.
    stall_time_->stand_still();
    linger_timer_.expires_after(profile_.grace);
    linger_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto attempt = self.lock();
        if (error || !attempt || attempt->exit_ || !attempt->open_questions_.empty()) return;
        attempt->lingered_ = true;
        attempt->end_process();
    });
}

void Attempt::flush_soon() {
    if (output_.empty() || writing_output_) return;
    if (output_.is_worth_sending() || is_over()) return flush();
    if (std::exchange(flush_armed_, true)) return;
    flush_timer_.expires_after(flush_delay);
    flush_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto attempt = self.lock();
        if (error || !attempt) return;
        attempt->flush();
    });
}

void Attempt::flush() {
    flush_armed_ = false;
    if (output_.empty() || writing_output_ || closed_ || lost_) return;
    writing_output_ = true;
    task::OutputBatch batch{lease(), output_.take(), spool_offset_};
    if (const auto progress = std::exchange(progress_, std::nullopt)) {
        batch.progress = progress->message;
        batch.progress_percent = progress->percent;
    }
    // Long before its agent would wait.
    batch.to_disk = backlog() > 0 && backlog() >= profile_.output_bytes_max / 4;
    const auto stored_to = batch.to_disk ? batch.spool_offset : 0;
    host_.store.write_output(std::move(batch), [self = shared_from_this(), stored_to] {
        self->writing_output_ = false;
        if (stored_to > 0) self->tell_shim_of_stored(stored_to);
        self->readable(); // there is room again
    });
}

// Of an agent that waits while too much is not stored: so much was read that its shim still keeps.
std::uint64_t Attempt::backlog() const {
    const bool blocks = process_ && profile_.when_full == agent::Profile::WhenFull::block;
    return blocks ? spool_offset_ - std::min(spool_offset_, reclaimed_to_) : 0;
}

void Attempt::tell_shim_of_stored(std::uint64_t offset) {
    reclaimed_to_ = offset;
    if (process_ && !exit_) process_->stored(offset);
}

void Attempt::note(JournalEntry entry) {
    if (!journal_) return;
    entry.at = spool_offset_;
    journal_->add(std::move(entry));
    drop_torn_journal();
}

// With an entry missing, another driver would be told less than this one was. Without its record
// the attempt is not taken over, whenever this process ends.
void Attempt::drop_torn_journal() {
    if (!journal_ || journal_->is_whole()) return;
    journal_.reset();
    std::error_code ignored;
    std::filesystem::remove(process_directory_ / AttemptRecord::file, ignored);
}

void Attempt::feed(const agent::Feed& feed) {
    std::string_view bytes = feed.stdin_bytes;
    const auto fed = std::min<std::uint64_t>(fed_before_, bytes.size());
    fed_before_ -= fed;
    bytes.remove_prefix(fed);
    if (!bytes.empty()) process_->feed(bytes);
    if (feed.close_stdin) process_->close_stdin();
    if (feed.reply) process_->reply(feed.reply->ask_id, feed.reply->json);
}

bool Attempt::is_over() const {
    if (!process_) return !preparation_ || preparation_->has_ended();
    return exit_ && (!check_ || check_->has_ended());
}

void Attempt::end_process() {
    if (!process_) return preparation_->stop(profile_.grace);
    if (check_) return check_->terminate(profile_.grace);
    note({.kind = JournalEntry::Kind::end, .text = facts()});
    const auto order = parking_ ? driver_->park() : driver_->cancel();
    feed(order);
    // It may be gone before a signal is sent: then it has ended because it was told to.
    const bool told_before = std::exchange(told_to_end_, told_to_end_ || order.ends_by_itself ||
                                                             !order.stdin_bytes.empty());
    if (!order.ends_by_itself) return process_->terminate(profile_.grace);
    if (!told_before) terminate_later();
}

// It was asked to end, and is made to if it does not.
void Attempt::terminate_later() {
    polite_end_timer_.expires_after(profile_.grace);
    polite_end_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto attempt = self.lock();
        if (!error && attempt && !attempt->exit_)
            attempt->process_->terminate(attempt->profile_.grace);
    });
}

void Attempt::silent(StallTimer::Clock::duration silence) {
    if (exit_) return;
    // The loop may be late: what was written meanwhile is not silence.
    const auto read_before = spool_offset_;
    readable();
    if (closed_ || exit_) return;
    const bool is_held_back = backlog() > 0 && backlog() >= profile_.output_bytes_max;
    if (spool_offset_ != read_before || output_.is_full() || is_held_back)
        return stall_time_->run();
    // What it wrote may wait for the disk, and it for that.
    const auto room = base::disk_room(process_directory_);
    if (room && room->is_used_up()) return stall_time_->run();
    silent_for_ = std::chrono::floor<base::Seconds>(silence);
    stop_for(task::Ending::Limit::stall_timeout);
}

void Attempt::stop_for(task::Ending::Limit limit) {
    using Limit = task::Ending::Limit;
    if (closed_ || concluding_ || lost_) return;
    // The others are limits of the agent alone.
    if (exit_ && (limit != Limit::total_timeout || !check_launch_)) return;
    // No attempt may follow after total_timeout, so it always counts.
    if (limit_ == Limit::none || limit == Limit::total_timeout) limit_ = limit;
    if (!is_over()) end_process();
}

void Attempt::shut_down() {
    if (closed_ || lost_ || std::exchange(shutting_down_, true)) return;
    parking_ |= !open_questions_.empty() && !exit_;
    if (!is_over()) end_process();
}

void Attempt::kill() {
    if (!process_ && preparation_) return preparation_->kill();
    if (check_) return check_->kill();
    if (process_ && !exit_) process_->kill();
}

} // namespace agentcron::engine
