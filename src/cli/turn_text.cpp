#include "cli/turn_text.hpp"

#include "base/text.hpp"
#include "base/timestamps.hpp"
#include "cli/printable.hpp"
#include "cli/time_text.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>
#include <utility>

namespace agentcron::cli {
namespace {

// Of a text that is not shown in full.
constexpr std::size_t lines_max = 60;
constexpr std::size_t bytes_max = 8192;
constexpr std::size_t line_bytes_max = 200; // of what takes one line

// A log that goes to a terminal, wherever this goes: nothing unprintable is passed on.
Terminal guarded(Terminal terminal) {
    terminal.is_terminal = true;
    return terminal;
}

Colour colour_of(std::string_view outcome) {
    if (outcome == "ok") return Colour::green;
    if (outcome == "failed") return Colour::red;
    return Colour::yellow;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : std::string(between)) + part;
    return text;
}

} // namespace

TurnText::TurnText(Style style) : style_(style), raw_(guarded(style.terminal)) {}

std::string TurnText::add(const Turn& turn) {
    return std::visit([this](const auto& what) { return show(what); }, turn.what);
}

std::string TurnText::finish() {
    return end_raw();
}

// Lines of calls and notices stand together, and so do words and raw output; others are set apart.
std::string TurnText::begin(Block block) {
    const auto before = std::exchange(block_, block);
    if (before == Block::none) return "";
    if (before == block && block != Block::question) return "";
    return (before == Block::raw ? end_raw() : "") + "\n";
}

std::string TurnText::show(const Leg& leg) {
    if (!style_.several_legs) return "";
    auto text = begin(Block::question);
    auto line = fmt::format("---- run {}, attempt {}, {}", leg.run_no, leg.attempt, when(leg.at));
    if (!leg.host.empty()) line += fmt::format(" on {}", leg.host);
    if (!leg.why.empty()) line += ": " + base::one_line(leg.why, line_bytes_max);
    return text + painted(printable(line) + " ----", Colour::dim) + "\n";
}

std::string TurnText::show(const Words& words) {
    return begin(Block::words) + cut_text(words.text, 0);
}

std::string TurnText::show(const Thought& thought) {
    auto text = begin(Block::line);
    if (style_.full) return text + painted("~", Colour::dim) + "\n" + cut_text(thought.text, 2);
    return text +
           painted(printable("~ " + base::one_line(thought.text, line_bytes_max)), Colour::dim) +
           "\n";
}

std::string TurnText::show(const Call& call) {
    auto text = begin(Block::line);
    auto what = printable(base::one_line(call.text, line_bytes_max));
    const auto name = printable(base::one_line(call.name, line_bytes_max));
    if (!name.empty()) what = name + (what.empty() ? "" : ": " + what);
    std::string end = call.outcome.empty() ? "not ended" : call.outcome;
    end = painted(end, colour_of(call.outcome));
    if (call.seconds) end += ", " + span_text(*call.seconds);
    text += fmt::format("* {} ({})", what, end);
    const bool went_wrong = call.outcome == "failed" || call.outcome == "denied";
    if (went_wrong && !style_.full)
        text += ": " + printable(base::one_line(call.output, line_bytes_max));
    text += "\n";
    if (!style_.full) return text;
    if (!call.input.empty()) text += "    input\n" + cut_text(call.input, 6);
    if (!base::trim(call.output).empty()) text += "    output\n" + cut_text(call.output, 6);
    return text;
}

std::string TurnText::show(const Asked& asked) {
    auto text = begin(Block::question);
    text += painted("? ", Colour::yellow) + printable(asked.text) + "\n";
    if (!base::trim(asked.body).empty()) text += cut_text(asked.body, 2);
    if (!asked.options.empty()) text += "  " + printable(joined(asked.options, " | ")) + "\n";
    return text + answer_line(asked);
}

std::string TurnText::answer_line(const Asked& asked) const {
    const auto closed = asked.closed_at.empty() ? "" : ", " + when(asked.closed_at);
    std::string who = asked.by;
    if (!asked.via.empty()) who += fmt::format("{}by {}", who.empty() ? "" : ", ", asked.via);
    const auto asked_at = base::from_rfc3339(asked.at);
    const auto closed_at = base::from_rfc3339(asked.closed_at);
    std::string after;
    if (asked_at && closed_at)
        after = fmt::format(
            " after {}", span_text(std::chrono::duration<double>(*closed_at - *asked_at).count()));
    if (asked.outcome == "answered") {
        const auto said = asked.is_secret ? "(not shown)" : printable(base::trim(asked.answer));
        return painted("> ", Colour::green) + said + "\n" +
               painted(printable(fmt::format("  {}{}{}", who, closed, after)), Colour::dim) + "\n";
    }
    if (asked.outcome == "expired")
        return painted("> nobody answered in time", Colour::yellow) + closed + after + "\n";
    if (asked.outcome == "withdrawn")
        return painted("> the agent took it back", Colour::dim) + closed + after + "\n";
    return painted(fmt::format("> open: agentcron answer {} ...", style_.task_id), Colour::yellow) +
           "\n";
}

std::string TurnText::show(const Told& told) {
    auto text = begin(Block::question) + painted("> ", Colour::green) +
                printable(base::trim(told.text)) + "\n";
    const auto* state = told.is_delivered ? "" : ", not delivered";
    return text +
           painted(printable(fmt::format("  {}, {}{}", told.by, when(told.at), state)),
                   Colour::dim) +
           "\n";
}

std::string TurnText::show(const Notice& notice) {
    auto line = printable(style_.full ? notice.text : base::one_line(notice.text, line_bytes_max));
    if (notice.kind != "event")
        line =
            painted(notice.kind + ": ", notice.kind == "failure" ? Colour::red : Colour::yellow) +
            line;
    return begin(Block::line) + line + "\n";
}

std::string TurnText::show(const Raw& raw) {
    const auto text = begin(Block::raw);
    return text + kept(raw_cut_, raw_.add({0, 0, "", raw.stream, "text", raw.bytes}));
}

std::string TurnText::end_raw() {
    auto text = kept(raw_cut_, raw_.finish());
    if (raw_cut_.is_in_line) text += "\n";
    text += rest(raw_cut_, fmt::format("agentcron logs {}", style_.task_id));
    raw_cut_ = {};
    return text;
}

// `text` is printable.
std::string TurnText::kept(Cut& cut, std::string_view text) const {
    std::string out;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const bool ends = end != std::string_view::npos;
        const auto line = ends ? text.substr(0, end + 1) : text;
        text.remove_prefix(line.size());
        const bool fits = style_.full || (cut.lines < lines_max && cut.bytes < bytes_max);
        const auto room = style_.full ? line.size() : bytes_max - std::min(bytes_max, cut.bytes);
        const auto shown = fits ? base::utf8_prefix(line, room) : std::string_view();
        out += shown;
        if (!shown.empty()) cut.is_in_line = !shown.ends_with('\n');
        // Each line counts once, in however many parts it comes.
        if (shown.size() < line.size() && !std::exchange(cut.is_line_counted, true))
            ++cut.lines_left_out;
        if (ends) cut.is_line_counted = false;
        cut.lines += ends ? 1 : 0;
        cut.bytes += line.size();
    }
    return out;
}

std::string TurnText::rest(const Cut& cut, std::string_view command) const {
    if (cut.lines_left_out == 0) return "";
    return painted(fmt::format("... {} more line{}: {}", cut.lines_left_out,
                               cut.lines_left_out == 1 ? "" : "s", command),
                   Colour::dim) +
           "\n";
}

std::string TurnText::cut_text(std::string_view text, int indent) const {
    Cut cut;
    auto out = kept(cut, indented_text(text, indent) + "\n");
    if (cut.is_in_line) out += "\n";
    return out + rest(cut, fmt::format("agentcron show {} --full", style_.task_id));
}

std::string TurnText::when(const std::string& at) const {
    const auto instant = base::from_rfc3339(at);
    return instant && style_.terminal.is_terminal ? clock_text(*instant, style_.now) : at;
}

std::string TurnText::painted(std::string_view text, Colour colour) const {
    return style_.terminal.colour ? coloured(text, colour) : std::string(text);
}

} // namespace agentcron::cli
