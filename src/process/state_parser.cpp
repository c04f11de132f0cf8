#include "process/state_parser.hpp"

#include <charconv>

namespace agentcron::process {
namespace {

template <class Number>
Number parse_number(const std::string& text) {
    Number number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

} // namespace

std::string StateValues::text(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? std::string() : found->second;
}

std::int64_t StateValues::number(std::string_view key) const {
    return parse_number<std::int64_t>(text(key));
}

std::uint64_t StateValues::count(std::string_view key) const {
    return parse_number<std::uint64_t>(text(key));
}

base::Result<StateValues, std::string> parse_state(std::string_view text, std::string_view kind) {
    StateValues state;
    bool whole = false;
    for (bool first = true; !text.empty() && !whole; first = false) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) break;
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        const std::size_t space = line.find(' ');
        const std::string_view key = line.substr(0, space);
        if (first && key != kind) return std::string("it does not start with ") + std::string(kind);
        whole = line == "end";
        if (space != std::string_view::npos) state.values_.emplace(key, line.substr(space + 1));
    }
    if (!whole) return std::string("it is cut off before its last line, \"end\"");
    return state;
}

base::Result<MetaText, std::string> parse_meta(std::string_view text) {
    const auto state = parse_state(text, "agentcron-meta");
    if (!state) return state.error();
    MetaText meta;
    meta.version = static_cast<std::uint32_t>(state->count("agentcron-meta"));
    meta.shim_pid = state->number("shim_pid");
    meta.shim_start_ticks = state->count("shim_start_ticks");
    meta.agent_pid = state->number("agent_pid");
    meta.agent_start_ticks = state->count("agent_start_ticks");
    const std::string boot_id = state->text("boot_id");
    boot_id.copy(meta.boot_id, sizeof meta.boot_id - 1);
    if (meta.version == 0 || meta.shim_pid <= 1 || meta.agent_pid <= 1)
        return std::string("it names no processes");
    return meta;
}

} // namespace agentcron::process
