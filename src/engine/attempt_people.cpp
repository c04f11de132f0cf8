// The part of an attempt that deals with people: questions, answers, messages, cancels.
#include "engine/attempt.hpp"

#include <boost/json.hpp>
#include <spdlog/spdlog.h>

namespace agentcron::engine {
namespace {

namespace json = boost::json;

json::array options_of(const std::vector<agent::Option>& options) {
    json::array array;
    for (const auto& option : options)
        array.push_back({{"value", option.value},
                         {"label", option.label},
                         {"description", option.description}});
    return array;
}

json::array items_of(const std::vector<agent::Item>& items) {
    json::array array;
    for (const auto& item : items)
        array.push_back({{"key", item.key},
                         {"text", item.text},
                         {"options", options_of(item.options)},
                         {"several", item.several},
                         {"secret", item.secret}});
    return array;
}

} // namespace

void Attempt::take_event(agent::Question& question) {
    const int times = ++names_used_[question.native_id];
    const auto stored =
        times == 1 ? question.native_id : fmt::format("{}#{}", question.native_id, times);
    const bool had_slot = holds_slot();
    open_questions_[stored] = question.native_id;
    spdlog::info("question asked task={} schedule={} kind={} headline=\"{}\"", lease().task_id,
                 claimed_.schedule, question.kind, question.headline);
    host_.store.ask(lease(),
                    {.native_id = stored,
                     .kind = question.kind,
                     .headline = question.headline,
                     .body = question.body,
                     .options = json::serialize(options_of(question.options)),
                     .default_option = question.default_option,
                     .items = json::serialize(items_of(question.items)),
                     .schema = question.schema,
                     .request = question.request,
                     .session_id = session_id_},
                    [self = shared_from_this()](task::Write write) {
                        if (write == task::Write::lease_lost) self->lease_lost();
                        if (self->claimed_.watched) self->host_.noted();
                    });
    if (!had_slot) return;
    count_active_time(false);
    hold_for(spec_.hold);
    host_.slots_changed(*this);
}

void Attempt::hold_for(base::Millis time) {
    if (retelling_) return;
    hold_timer_.expires_after(time);
    hold_timer_.async_wait([self = weak_from_this()](const boost::system::error_code& error) {
        const auto attempt = self.lock();
        if (!error && attempt) attempt->hold_is_over();
    });
}

void Attempt::take_event(agent::Withdrawn& withdrawn) {
    // An agent that takes its question back because it is told to end still needs the answer.
    if (parking_) return;
    for (const auto& [stored, native] : open_questions_) {
        if (native != withdrawn.native_id) continue;
        host_.store.withdraw(lease(), stored, [self = shared_from_this()](task::Write write) {
            if (write == task::Write::lease_lost) self->lease_lost();
        });
        return question_closed(std::string(stored));
    }
}

void Attempt::question_closed(const std::string& stored_name) {
    open_questions_.erase(stored_name);
    if (!open_questions_.empty()) return;
    hold_timer_.cancel();
    count_active_time(true);
    host_.slots_changed(*this);
}

// Waiting for a person is not active time, here and in the shim, whose own deadline is moved along.
void Attempt::count_active_time(bool active) {
    if (retelling_) return;
    note({.kind = active ? JournalEntry::Kind::active : JournalEntry::Kind::idle});
    if (active)
        active_time_->run();
    else
        active_time_->stand_still();
    if (active && !exit_)
        stall_time_->run();
    else
        stall_time_->stand_still();
    if (!active_time_->is_limited() || exit_) return;
    const auto left = active ? active_time_->left() : ActiveTimer::Clock::duration(spec_.hold);
    process_->set_deadline(std::chrono::ceil<base::Millis>(left) + backstop_margin);
}

// Nobody answered in time: the process goes, the question stays. The answer may still come before
// the process is gone; conclude() sees which.
void Attempt::hold_is_over() {
    if (exit_ || open_questions_.empty()) return;
    spdlog::info("parking task={} schedule={} held_s={}", lease().task_id, claimed_.schedule,
                 spec_.hold.count());
    parking_ = true;
    end_process();
}

void Attempt::signal(const task::Signal& signal) {
    if (closed_ || lost_) return;
    if (signal.cancel && !std::exchange(cancel_requested_, true)) {
        cancel_reason_ = signal.cancel_reason;
        spdlog::info("cancelling task={} schedule={} reason={}", lease().task_id, claimed_.schedule,
                     task::name(cancel_reason_));
        if (!is_over()) end_process();
    }
    if (!process_ || retelling_) {
        signal_meanwhile_ = signal;
        return;
    }
    for (const auto& answer : signal.answers) take_answer(answer);
    for (const auto& message : signal.messages) take_message(message);
}

void Attempt::take_answer(const task::Signal::Answer& answer) {
    // "Yes" must not set anything going in an agent that is told to stop.
    if (cancel_requested_) return;
    const auto open = open_questions_.find(answer.native_id);
    const bool goes_on = spec_.on_input_timeout == task::OnInputTimeout::go_on;
    // Also of one that is being parked: then nothing is left to wait for.
    if (answer.expired && !goes_on && open != open_questions_.end())
        return stop_for(task::Ending::Limit::input_timeout);
    // The process is gone or as good as gone: the answer is for the leg that resumes.
    if (open == open_questions_.end() || exit_ || parking_ || lease_over_) return;
    if (!answers_taken_.contains(answer.question_id)) deliver(answer);
}

void Attempt::deliver(const task::Signal::Answer& answer) {
    const auto open = open_questions_.find(answer.native_id);
    if (open == open_questions_.end()) return;
    const auto reply = answer.expired ? driver_->no_answer(open->second)
                                      : driver_->answer(open->second, answer.text);
    // Whoever asked is not there any more, only its question: the next leg gets the answer.
    if (reply.is_empty()) return;
    note({.kind = answer.expired ? JournalEntry::Kind::no_answer : JournalEntry::Kind::answer,
          .name = answer.native_id,
          .number = answer.question_id,
          .text = answer.text});
    answers_taken_.insert(answer.question_id);
    feed(reply);
    spdlog::info("{} task={} schedule={} question={}",
                 answer.expired ? "going on without an answer" : "answer delivered",
                 lease().task_id, claimed_.schedule, answer.question_id);
    host_.store.delivered(lease(), answer.question_id, std::nullopt,
                          [self = shared_from_this()] {});
    question_closed(answer.native_id);
}

void Attempt::take_message(const task::Signal::Message& message) {
    if (!exit_ && !messages_taken_.contains(message.id)) deliver(message);
}

void Attempt::deliver(const task::Signal::Message& message) {
    messages_taken_.insert(message.id);
    const auto bytes = driver_->message(message.body);
    if (bytes.stdin_bytes.empty() && !bytes.is_kept) {
        spdlog::warn("message not delivered task={} message={}: driver {} cannot pass it on",
                     lease().task_id, message.id, profile_.driver);
        return;
    }
    note({.kind = JournalEntry::Kind::message, .number = message.id, .text = message.body});
    feed(bytes);
    host_.store.delivered(lease(), 0, message.id, [self = shared_from_this()] {});
}

} // namespace agentcron::engine
