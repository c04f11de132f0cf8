#include "cli/turns.hpp"

#include "base/text.hpp"
#include "base/timestamps.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace agentcron::cli {
namespace {

using Kind = agent::Moment::Kind;
using agent::Moment;

// Rows that say nothing in a conversation: questions and answers stand in tables of their own, and
// so do the result and the cost.
constexpr std::array<std::string_view, 7> silent_kinds{"question", "withdrawn", "usage", "session",
                                                       "result",   "history",   "check"};

std::string name_of(Moment::Outcome outcome) {
    switch (outcome) {
    case Moment::Outcome::ok: return "ok";
    case Moment::Outcome::failed: return "failed";
    case Moment::Outcome::denied: return "denied";
    }
    return "";
}

std::optional<base::Instant> instant_of(const std::string& at) {
    const auto instant = base::from_rfc3339(at);
    return instant ? std::optional(*instant) : std::nullopt;
}

std::optional<double> seconds_between(const std::string& from, const std::string& to) {
    const auto begin = instant_of(from);
    const auto end = instant_of(to);
    if (!begin || !end) return std::nullopt;
    return std::chrono::duration<double>(*end - *begin).count();
}

bool is_due(const std::string& at, const std::optional<base::Instant>& until) {
    const auto instant = instant_of(at);
    return !until || !instant || *instant <= *until;
}

} // namespace

void Turns::add(const LogRow& row) {
    begin_run(row.run_no);
    at_ = row.at;
    tell_until(instant_of(row.at));
    if (row.stream == "ask") return;
    if (row.kind == "text") {
        end_words();
        return emit(Raw{row.stream, row.body});
    }
    if (row.kind == "check") {
        end_words();
        return emit(Notice{"event", "success.check: " + std::string(base::trim(row.body))});
    }
    const bool is_silent =
        std::find(silent_kinds.begin(), silent_kinds.end(), row.kind) != silent_kinds.end();
    const auto moments = agent::moments_in(row.body);
    if (moments && row.kind != "history") {
        for (const auto& moment : *moments) add_moment(moment);
    } else if (!is_silent) {
        end_words();
        emit(Notice{"event", event_line(row.kind, row.body)});
    }
}

void Turns::finish() {
    end_words();
    drop_calls(0);
    while (next_leg_ < legs_.size()) begin_run(legs_[next_leg_].run_no);
    for (const auto& asked : asked_) run_no_ = std::max(run_no_, asked.run_no);
    tell_until(std::nullopt);
}

// What was asked in a run is told before the next one begins, whatever the clocks of database and
// worker say.
void Turns::begin_run(int run_no) {
    if (run_no <= run_no_) return;
    end_words();
    drop_calls(0);
    while (next_leg_ < legs_.size() && legs_[next_leg_].run_no <= run_no) {
        const auto& leg = legs_[next_leg_++];
        for (; next_asked_ < asked_.size() && asked_[next_asked_].run_no < leg.run_no;
             ++next_asked_)
            emit(asked_[next_asked_]);
        at_ = leg.at;
        run_no_ = leg.run_no;
        emit(leg);
    }
    run_no_ = run_no;
}

void Turns::tell_until(const std::optional<base::Instant>& at) {
    const auto asked_due = [&] {
        return next_asked_ < asked_.size() && asked_[next_asked_].run_no <= run_no_ &&
               is_due(asked_[next_asked_].at, at);
    };
    const auto told_due = [&] {
        return next_told_ < told_.size() && is_due(told_[next_told_].at, at);
    };
    if (asked_due() || told_due()) end_words();
    while (asked_due() || told_due()) {
        const bool told_first =
            told_due() && (!asked_due() ||
                           instant_of(told_[next_told_].at) <= instant_of(asked_[next_asked_].at));
        if (told_first)
            emit(told_[next_told_++]);
        else
            emit(asked_[next_asked_++]);
    }
}

void Turns::add_moment(const Moment& moment) {
    const bool is_piece = moment.kind == Kind::words_piece || moment.kind == Kind::thought_piece;
    if (is_piece) return add_piece(moment);
    if (moment.kind == Kind::other || moment.kind == Kind::question || moment.kind == Kind::result)
        return; // lines in between: pieces go on after them
    end_words();
    const bool was_told =
        moment.kind == Kind::words && !moment.id.empty() && moment.id == pieces_of_;
    if (was_told) return; // in pieces
    switch (moment.kind) {
    case Kind::words:
        if (!base::trim(moment.text).empty()) emit(Words{moment.text});
        break;
    case Kind::thought:
        if (!base::trim(moment.text).empty()) emit(Thought{moment.text});
        break;
    case Kind::tool: begin_call(moment); break;
    case Kind::tool_end: end_call(moment); break;
    case Kind::denied: deny_call(moment); break;
    case Kind::warning: emit(Notice{"warning", moment.text}); break;
    case Kind::failure: emit(Notice{"failure", moment.text}); break;
    case Kind::words_piece:
    case Kind::thought_piece:
    case Kind::question:
    case Kind::result:
    case Kind::other: break;
    }
}

void Turns::add_piece(const Moment& piece) {
    const bool is_thought = piece.kind == Kind::thought_piece;
    if (is_thought != pieces_are_thought_ || piece.id != pieces_of_) end_words();
    pieces_are_thought_ = is_thought;
    pieces_of_ = piece.id;
    words_ += piece.text;
    if (words_.size() > words_bytes_max) end_words();
}

void Turns::end_words() {
    if (words_.empty()) return;
    if (pieces_are_thought_)
        emit(Thought{std::exchange(words_, {})});
    else
        emit(Words{std::exchange(words_, {})});
}

// Some protocols tell of a call bit by bit: what is said later holds.
void Turns::begin_call(const Moment& moment) {
    auto known = take_call(moment.id);
    OpenCall open = known ? std::move(*known) : OpenCall{moment.id, at_, {}};
    if (!moment.name.empty()) open.call.name = moment.name;
    if (!moment.text.empty()) open.call.text = moment.text;
    if (!moment.input.empty()) open.call.input = moment.input;
    open_bytes_ += open.bytes();
    open_.push_back(std::move(open));
    drop_calls(held_bytes_max);
}

void Turns::end_call(const Moment& moment) {
    auto open = take_call(moment.id).value_or(OpenCall{moment.id, "", {}});
    auto& call = open.call;
    if (!moment.name.empty() && call.name.empty()) call.name = moment.name;
    if (!moment.text.empty()) call.text = moment.text;
    if (!moment.input.empty()) call.input = moment.input;
    call.output = moment.output;
    // Who was refused is told so twice: by a line of its own, and in the result.
    if (call.outcome.empty()) call.outcome = name_of(moment.outcome);
    call.seconds = moment.seconds ? moment.seconds : seconds_between(open.at, at_);
    emit(std::move(call));
}

void Turns::deny_call(const Moment& moment) {
    for (auto& open : open_)
        if (open.id == moment.id) {
            open.call.outcome = "denied";
            return;
        }
    emit(Notice{"warning", moment.name + " was not permitted: " + moment.text});
}

// A call whose end was not seen: its process ended, or too many are open.
void Turns::drop_calls(std::size_t bytes_max) {
    while (!open_.empty() && open_bytes_ >= bytes_max) {
        auto dropped = std::move(open_.front());
        open_.erase(open_.begin());
        open_bytes_ -= dropped.bytes();
        emit(std::move(dropped.call));
    }
}

std::optional<Turns::OpenCall> Turns::take_call(std::string_view id) {
    const auto found =
        std::find_if(open_.begin(), open_.end(), [&](const auto& open) { return open.id == id; });
    if (found == open_.end() || id.empty()) return std::nullopt;
    auto open = std::move(*found);
    open_.erase(found);
    open_bytes_ -= open.bytes();
    return open;
}

void Turns::emit(Turn::What what) {
    sink_({run_no_, at_, std::move(what)});
}

} // namespace agentcron::cli
