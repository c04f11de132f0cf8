#include "schedule/schedule.hpp"

#include <algorithm>
#include <array>

namespace agentcron::schedule {
namespace {

constexpr std::array<std::string_view, 5> overlaps{"skip", "queue_one", "queue_all",
                                                   "cancel_previous", "allow"};
constexpr std::array<std::string_view, 2> while_waitings{"skip", "allow"};
constexpr std::array<std::string_view, 3> catch_ups{"latest", "all", "none"};
constexpr std::array<std::string_view, 3> on_input_timeouts{"fail", "default", "continue"};
constexpr std::array<std::string_view, 3> on_losts{"retry", "fail", "ask"};
constexpr std::array<std::string_view, 2> conversations{"fresh", "continue"};
constexpr std::array<std::string_view, 13> failures{
    "usage_limit", "exit_code", "signal", "timeout",      "stalled", "input_timeout", "lost",
    "spawn",       "protocol",  "budget", "output_limit", "check",   "context"};
constexpr std::array<std::string_view, 5> events{"failed", "waiting_for_input", "recovered",
                                                 "paused", "missed"};

template <class Enum>
std::optional<Enum> value_of(std::span<const std::string_view> names, std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

} // namespace

std::span<const std::string_view> overlap_names() {
    return overlaps;
}
std::span<const std::string_view> while_waiting_names() {
    return while_waitings;
}
std::span<const std::string_view> catch_up_names() {
    return catch_ups;
}
std::span<const std::string_view> on_input_timeout_names() {
    return on_input_timeouts;
}
std::span<const std::string_view> on_lost_names() {
    return on_losts;
}
std::span<const std::string_view> conversation_names() {
    return conversations;
}
std::span<const std::string_view> failure_names() {
    return failures;
}
std::span<const std::string_view> event_names() {
    return events;
}

std::string_view name(Overlap value) {
    return overlaps.at(static_cast<std::size_t>(value));
}
std::string_view name(WhileWaiting value) {
    return while_waitings.at(static_cast<std::size_t>(value));
}
std::string_view name(CatchUp value) {
    return catch_ups.at(static_cast<std::size_t>(value));
}
std::string_view name(OnInputTimeout value) {
    return on_input_timeouts.at(static_cast<std::size_t>(value));
}
std::string_view name(OnLost value) {
    return on_losts.at(static_cast<std::size_t>(value));
}
std::string_view name(Conversation value) {
    return conversations.at(static_cast<std::size_t>(value));
}

std::optional<Overlap> overlap_from(std::string_view text) {
    return value_of<Overlap>(overlaps, text);
}
std::optional<WhileWaiting> while_waiting_from(std::string_view text) {
    return value_of<WhileWaiting>(while_waitings, text);
}
std::optional<CatchUp> catch_up_from(std::string_view text) {
    return value_of<CatchUp>(catch_ups, text);
}
std::optional<OnInputTimeout> on_input_timeout_from(std::string_view text) {
    return value_of<OnInputTimeout>(on_input_timeouts, text);
}
std::optional<OnLost> on_lost_from(std::string_view text) {
    return value_of<OnLost>(on_losts, text);
}
std::optional<Conversation> conversation_from(std::string_view text) {
    return value_of<Conversation>(conversations, text);
}

} // namespace agentcron::schedule
