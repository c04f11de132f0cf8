#include "cli/log_text.hpp"

#include "base/text.hpp"
#include "cli/agent_words.hpp"
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
    const auto words = agent_words(row.kind, row.body);
    if (words && words->mark.empty()) {
        const auto end = words->continues || words->text.ends_with('\n') ? "" : "\n";
        return text + add_bytes({row.run_no, row.attempt, row.at, "out", "text", words->text + end},
                                false);
    }
    text += end_line();
    auto line =
        words ? base::one_line(fmt::format("[{}] {}", words->mark, words->text), event_bytes_max)
              : event_line(row.kind, row.body);
    if (terminal_.is_terminal) line = printable(line);
    return text + coloured(line, terminal_.colour ? Colour::dim : Colour::none) + "\n";
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
