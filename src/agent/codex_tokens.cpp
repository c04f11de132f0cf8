#include "agent/codex_tokens.hpp"

#include "agent/json_text.hpp"

#include <algorithm>
#include <limits>

namespace agentcron::agent::codex {
namespace json = boost::json;
namespace {

// Beyond what anybody uses; sums stay far from the end of the type.
constexpr std::int64_t tokens_max = std::numeric_limits<std::int64_t>::max() >> 20;

std::optional<std::int64_t> tokens(const json::object& usage, std::string_view key) {
    const auto* value = usage.if_contains(key);
    if (!value || !value->is_int64()) return std::nullopt;
    const auto count = value->get_int64();
    return count < 0 || count > tokens_max ? std::nullopt : std::optional(count);
}

} // namespace

std::optional<Tokens::Count> Tokens::count_from(const json::object& usage) {
    const auto input = tokens(usage, "inputTokens");
    const auto output = tokens(usage, "outputTokens");
    if (!input || !output) return std::nullopt;
    return Count{*input, *output};
}

void Tokens::take(const json::object& params, bool is_old) {
    const auto& usage = object_member(params, "tokenUsage");
    const auto total = count_from(object_member(usage, "total"));
    if (!total) return;
    const auto thread = text_member(params, "threadId");
    auto found = threads_.find(thread);
    const bool is_new = found == threads_.end() || total->input != found->second.now.input ||
                        total->output != found->second.now.output;
    if (is_new && !is_old) ++turns_;
    if (found == threads_.end() || is_old) {
        // The first one that is told of may follow many of earlier runs.
        const auto last = is_old ? Count{} : count_from(object_member(usage, "last"));
        const auto own = last.value_or(*total);
        const Count before{total->input - own.input, total->output - own.output};
        found = threads_.insert_or_assign(thread, Span{before, *total}).first;
    }
    found->second.now = *total;
}

Usage Tokens::total() const {
    Count sum;
    for (const auto& [thread, span] : threads_) {
        sum.input += std::max<std::int64_t>(0, span.now.input - span.before.input);
        sum.output += std::max<std::int64_t>(0, span.now.output - span.before.output);
    }
    return {std::nullopt, sum.input, sum.output, turns_};
}

} // namespace agentcron::agent::codex
