#include "cli/log_text.hpp"

#include "agent/moments.hpp"
#include "base/text.hpp"
#include "cli/json_text.hpp"
#include "cli/printable.hpp"
#include "cli/table_text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace json = boost::json;
namespace {

constexpr std::size_t event_bytes_max = 1000;
constexpr std::string_view error_mark = "! ";

using Kind = agent::Moment::Kind;

std::string_view mark_of(const agent::Moment& moment) {
    switch (moment.kind) {
    case Kind::words:
    case Kind::words_piece: return "";
    case Kind::thought:
    case Kind::thought_piece: return "thought";
    case Kind::tool: return "tool";
    case Kind::tool_end: return "tool_result";
    case Kind::denied: return "denied";
    case Kind::question: return "question";
    case Kind::warning: return "warning";
    case Kind::failure: return "failure";
    case Kind::result: return "result";
    case Kind::other: return moment.name;
    }
    return "";
}

std::string words_of(const agent::Moment& moment) {
    const bool is_named =
        moment.kind == Kind::tool || moment.kind == Kind::question || moment.kind == Kind::denied;
    if (is_named) return fmt::format("{}: {}", moment.name, moment.text);
    if (moment.kind != Kind::tool_end) return moment.text;
    const auto& words = moment.output.empty() ? moment.text : moment.output;
    switch (moment.outcome) {
    case agent::Moment::Outcome::ok: break;
    case agent::Moment::Outcome::failed: return "failed: " + words;
    case agent::Moment::Outcome::denied: return "denied: " + words;
    }
    return words;
}

} // namespace

std::string LogText::add(const LogRow& row) {
    std::string text;
    if (run_no_ && *run_no_ != row.run_no)
        text = finish() + end_line() +
               coloured(fmt::format("[run {}, attempt {}, {}]\n", row.run_no, row.attempt, row.at),
                        terminal_.colour ? Colour::dim : Colour::none);
    run_no_ = row.run_no;
    if (row.kind == "text" && row.stream != "ask")
        return text + add_bytes(row, row.stream == "err");
    const auto moments = agent::moments_in(row.body);
    if (!moments) return text + marked_line(event_line(row.kind, row.body));
    for (const auto& moment : *moments) text += add_moment(row, moment);
    return text;
}

std::string LogText::add_moment(const LogRow& row, const agent::Moment& moment) {
    const auto words = [&](std::string said) {
        return add_bytes({row.run_no, row.attempt, row.at, "out", "text", std::move(said)}, false);
    };
    if (moment.kind == Kind::words_piece) {
        in_pieces_of_ = moment.id;
        return words(moment.text);
    }
    if (moment.kind == Kind::words) {
        const bool was_shown = !moment.id.empty() && std::exchange(in_pieces_of_, {}) == moment.id;
        if (was_shown) return end_line();
        return words(moment.text + (moment.text.ends_with('\n') ? "" : "\n"));
    }
    const auto line = fmt::format("[{}] {}", mark_of(moment), words_of(moment));
    return marked_line(base::one_line(line, event_bytes_max));
}

std::string LogText::marked_line(const std::string& line) {
    return end_line() +
           coloured(terminal_.is_terminal ? printable(line) : line,
                    terminal_.colour ? Colour::dim : Colour::none) +
           "\n";
}

std::string LogText::add_bytes(const LogRow& row, bool is_error) {
    if (!terminal_.is_terminal) {
        if (!row.body.empty()) in_line_ = row.body.back() != '\n';
        return row.body;
    }
    auto& held = streams_[is_error ? 1 : 0].held;
    std::string bytes = std::exchange(held, {}) + row.body;
    const auto tail = incomplete_tail(bytes);
    held = bytes.substr(bytes.size() - tail);
    bytes.resize(bytes.size() - tail);
    return marked(printable(bytes, terminal_.colour ? Keep::colours : Keep::text), is_error);
}

// Where stdout and stderr meet within a line, the other one starts a line of its own.
std::string LogText::marked(std::string_view text, bool is_error) {
    std::string out;
    if (text.empty()) return out;
    if (in_line_ && in_error_ != is_error) out += end_line();
    const auto mark = is_error ? coloured(error_mark, terminal_.colour ? Colour::red : Colour::none)
                               : std::string();
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end == std::string_view::npos ? end : end + 1);
        if (!in_line_) out += mark;
        out += line;
        in_line_ = !line.ends_with('\n');
        text.remove_prefix(line.size());
    }
    in_error_ = is_error;
    return out;
}

std::string LogText::end_line() {
    return std::exchange(in_line_, false) ? "\n" : "";
}

std::string LogText::finish() {
    std::string out;
    for (const bool is_error : {false, true})
        out += marked(printable(std::exchange(streams_[is_error ? 1 : 0].held, {})), is_error);
    return terminal_.is_terminal ? out + end_line() : out;
}

std::string event_line(std::string_view kind, std::string_view text) {
    boost::system::error_code error;
    const auto value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error || !value.is_object())
        return fmt::format("[{}] {}", kind, base::one_line(text, event_bytes_max));
    std::string line = fmt::format("[{}]", kind);
    for (const auto& [key, member] : value.as_object()) {
        if (key == "type") continue;
        line += fmt::format(" {}={}", std::string_view(key.data(), key.size()), compact(member));
    }
    return base::one_line(line, event_bytes_max);
}

} // namespace agentcron::cli
