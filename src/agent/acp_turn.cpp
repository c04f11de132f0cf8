#include "agent/acp_turn.hpp"

#include "agent/json_rpc.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::acp {
namespace json = boost::json;
namespace {

constexpr std::int64_t tokens_max = 1'000'000'000'000; // of a turn: sums stay far from overflow

const json::object* member_at(const json::object& object,
                              std::initializer_list<std::string_view> path) {
    const auto* at = &object;
    for (const auto key : path)
        if (at) at = find_object(*at, key);
    return at;
}

std::string words_for(const std::string& stop_reason, bool is_denied) {
    if (stop_reason == "max_tokens") return "the model's answer was cut at its limit of tokens";
    if (stop_reason == "max_turn_requests")
        return "the turn was stopped at its limit of model requests";
    if (stop_reason == "refusal") return "the model refused to go on";
    if (stop_reason == "cancelled")
        return is_denied ? "the agent ended its turn when a request was denied"
                         : "the turn was cancelled";
    if (stop_reason.empty()) return "the agent answered the prompt without a stop reason";
    return fmt::format("the turn ended with stop reason {}", stop_reason);
}

std::optional<std::int64_t> count_in(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (!value || !value->is_number()) return std::nullopt;
    boost::system::error_code not_whole;
    const auto count = value->to_number<std::int64_t>(not_whole);
    if (not_whole || count < 0 || count > tokens_max) return std::nullopt;
    return count;
}

bool add(std::optional<std::int64_t>& total, std::optional<std::int64_t> count) {
    if (count) total = total.value_or(0) + *count;
    return count.has_value();
}

} // namespace

void Turn::begin(bool session_was_loaded) {
    *this = {};
    session_was_loaded_ = session_was_loaded;
}

void Turn::take(const json::object& update) {
    const auto kind = text_member(update, "sessionUpdate");
    if (kind == "agent_message_chunk") return take_words(update);
    const bool ends_message = kind.starts_with("tool_call") || kind == "user_message_chunk";
    const bool ends_history = session_was_loaded_ && kind == "available_commands_update";
    if (const auto* status = member_at(update, {"_meta", "codex", "threadStatus"}))
        has_system_error_ = text_member(*status, "type") == "systemError";
    // Codex says next what the error is.
    message_ended_ |= ends_message || ends_history || has_system_error_;
}

void Turn::take_words(const json::object& update) {
    const auto* content = find_object(update, "content");
    const auto words = content ? text_member(*content, "text") : "";
    if (words.empty()) return;
    auto id = text_member(update, "messageId");
    if (message_ended_ || id != message_id_) text_.clear();
    message_ended_ = false;
    message_id_ = std::move(id);
    text_ += words;
}

Result Turn::result_of(const json::object& answer, bool is_denied) const {
    Result result;
    const auto stop_reason = text_member(answer, "stopReason");
    if (stop_reason != "end_turn")
        result = failure(words_for(stop_reason, is_denied));
    else if (has_system_error_)
        result = failure(text_.empty() ? "the agent reports a system error" : text_);
    else
        result.summary = base::one_line(text_, headline_bytes_max);
    if (!text_.empty()) result.json = json::serialize(json::value(text_));
    return result;
}

Result failure(std::string_view words) {
    const auto object = parse_object(words);
    const auto* error = object ? find_object(*object, "error") : nullptr;
    const auto inner = error ? text_member(*error, "message") : "";
    return {false, "", base::one_line(inner.empty() ? words : inner, headline_bytes_max)};
}

std::string error_words(const json::value& error) {
    const auto* object = error.if_object();
    if (!object) return json_rpc::error_text(error);
    const auto message = text_member(*object, "message");
    if (parse_object(message)) return failure(message).summary;
    const auto* data = find_object(*object, "data");
    const auto details = data ? text_member(*data, "details") : "";
    const auto text = json_rpc::error_text(error);
    return details.empty() ? text : fmt::format("{}: {}", text, details);
}

void Denials::take(const json::object& update) {
    const auto id = text_member(update, "toolCallId");
    if (id.empty()) return;
    if (auto title = text_member(update, "title"); !title.empty()) titles_[id] = std::move(title);
    if (text_member(update, "status") != "failed") return;
    failed_.insert(id);
    const auto* claude = member_at(update, {"_meta", "claudeCode"});
    if (claude && claude->contains("nonExecutionKind")) failed_by_rule_.insert(id);
}

void Denials::by_person(std::string_view call_id) {
    by_person_.emplace(call_id);
}

void Denials::by_nobody(std::string_view call_id) {
    by_nobody_.emplace(call_id);
}

std::string Denials::warning() const {
    std::string titles;
    for (const auto& id : failed_) {
        const bool is_alone =
            by_nobody_.contains(id) || (failed_by_rule_.contains(id) && !by_person_.contains(id));
        if (!is_alone) continue;
        const auto title = titles_.find(id);
        titles += titles.empty() ? "denied without a person: " : ", ";
        titles += title == titles_.end() ? id : title->second;
    }
    return base::one_line(titles, headline_bytes_max);
}

bool Meter::take_update(const json::object& update) {
    const auto* cost = find_object(update, "cost");
    if (!cost || text_member(*cost, "currency") != "USD") return false;
    const auto amount =
        usage_from({{"cost_usd", cost->if_contains("amount") ? *cost->if_contains("amount")
                                                             : json::value(nullptr)}})
            .cost_usd;
    if (!amount) return false;
    if (!cost_before_) {
        cost_before_ = *amount;
        return false;
    }
    usage_.cost_usd = std::max(0.0, *amount - *cost_before_);
    return true;
}

bool Meter::take_call(std::string_view id) {
    if (id.empty() || !calls_.emplace(id).second) return false;
    take_end();
    return true;
}

bool Meter::take_answer(const json::object& answer) {
    const auto* count = find_object(answer, "usage");
    if (!count) count = member_at(answer, {"_meta", "quota", "token_count"});
    if (!count) return false;
    bool is_new = false;
    for (const auto* key : {"inputTokens", "input_tokens", "cachedReadTokens", "cachedWriteTokens"})
        is_new |= add(usage_.input_tokens, count_in(*count, key));
    for (const auto* key : {"outputTokens", "output_tokens"})
        is_new |= add(usage_.output_tokens, count_in(*count, key));
    return is_new;
}

} // namespace agentcron::agent::acp
