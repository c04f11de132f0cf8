#include "agent/claude_usage.hpp"

#include "agent/json_text.hpp"

#include <boost/json.hpp>
#include <charconv>

namespace agentcron::agent::claude {
namespace json = boost::json;
namespace {

// What Claude Code itself puts in the model's mouth.
constexpr const char* no_model = "<synthetic>";
constexpr std::int64_t tokens_max = 1'000'000'000'000; // of a response: sums stay far from overflow

std::int64_t count_in(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    if (!value || !value->is_int64()) return 0;
    const auto count = value->get_int64();
    return count < 0 || count > tokens_max ? 0 : count;
}

// "Estimated cost:        $0.0014"
std::optional<double> dollars_in(std::string_view text) {
    const auto cost = text.find("cost");
    const auto sign = cost == std::string_view::npos ? cost : text.find('$', cost);
    if (sign == std::string_view::npos) return std::nullopt;
    if (text.substr(cost, sign - cost).find('\n') != std::string_view::npos) return std::nullopt;
    double dollars = 0;
    const auto read = std::from_chars(text.data() + sign + 1, text.data() + text.size(), dollars);
    if (read.ec != std::errc() || dollars < 0) return std::nullopt;
    return dollars;
}

} // namespace

bool Meter::take_response(const json::object& message) {
    const auto id = text_member(message, "id");
    if (id.empty() || text_member(message, "model") == no_model) return false;
    if (!responses_.insert(id).second) return false;
    ++turns_;
    const auto& usage = object_member(message, "usage");
    for (const auto* key :
         {"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"})
        input_since_ += count_in(usage, key);
    output_since_ += count_in(usage, "output_tokens");
    return true;
}

void Meter::take_result(const json::object& line) {
    const auto* models = find_object(line, "model_usage_since_last_result");
    if (!models) return;
    double cost = settled_.cost_usd.value_or(0);
    std::int64_t in = settled_.input_tokens.value_or(0);
    std::int64_t out = settled_.output_tokens.value_or(0);
    for (const auto& model : *models) {
        const auto* use = model.value().if_object();
        if (!use) continue;
        const auto* dollars = use->if_contains("costUSD");
        if (dollars && dollars->is_number()) cost += dollars->to_number<double>();
        in += count_in(*use, "inputTokens") + count_in(*use, "cacheReadInputTokens") +
              count_in(*use, "cacheCreationInputTokens");
        out += count_in(*use, "outputTokens");
    }
    settled_ = {cost, in, out};
    responses_.clear();
    input_since_ = output_since_ = 0;
    cost_since_ = 0;
    session_cost_.reset();
}

bool Meter::take_cost(const json::object& response) {
    const auto dollars = dollars_in(text_member(response, "text"));
    if (!dollars) return false;
    if (session_cost_ && *dollars > *session_cost_) cost_since_ += *dollars - *session_cost_;
    session_cost_ = dollars;
    return true;
}

Usage Meter::usage() const {
    Usage usage = settled_;
    if (turns_ > 0) usage.turns = turns_;
    if (!responses_.empty()) {
        usage.input_tokens = usage.input_tokens.value_or(0) + input_since_;
        usage.output_tokens = usage.output_tokens.value_or(0) + output_since_;
    }
    if (cost_since_ > 0) usage.cost_usd = usage.cost_usd.value_or(0) + cost_since_;
    return usage;
}

} // namespace agentcron::agent::claude
