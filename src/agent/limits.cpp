#include "agent/limits.hpp"

#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "base/text.hpp"
#include "base/timestamps.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace agentcron::agent {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 11> login_words{
    "not logged in",           "please run /login",
    "please log in",           "invalid api key",
    "invalid x-api-key",       "401 unauthorized",
    "authentication_failed",   "authentication_error",
    "oauth token has expired", "credit balance is too low",
    "authentication required"};
constexpr std::array<std::string_view, 9> usage_words{
    "usage limit",       "rate limit",         "rate_limit",
    "too many requests", "resource_exhausted", "quota exceeded",
    "at capacity",       "overloaded",         "exceeded your current quota"};

std::string lower(std::string_view text) {
    std::string small(text);
    std::transform(small.begin(), small.end(), small.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return small;
}

template <std::size_t N>
bool holds_one(std::string_view text, const std::array<std::string_view, N>& words) {
    return std::any_of(words.begin(), words.end(),
                       [&](auto word) { return text.find(word) != std::string_view::npos; });
}

// The number that `text` begins with, after blanks; `text` is then what follows it.
std::optional<std::int64_t> take_number(std::string_view& text) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + begin, end, number);
    if (read.ec != std::errc() || number < 0) return std::nullopt;
    text = {read.ptr, static_cast<std::size_t>(end - read.ptr)};
    return number;
}

std::optional<std::int64_t> seconds_of(std::string_view unit) {
    if (unit.starts_with("day")) return 86'400;
    if (unit.starts_with("hour") || unit.starts_with("hr")) return 3'600;
    if (unit.starts_with("min")) return 60;
    if (unit.starts_with("sec") || unit == "s") return 1;
    return std::nullopt;
}

// "usage limit reached|1767225600"
std::optional<base::Instant> epoch_in(std::string_view text) {
    const auto bar = text.find('|');
    if (bar == std::string_view::npos) return std::nullopt;
    text.remove_prefix(bar + 1);
    const auto seconds = take_number(text);
    return seconds ? instant_from_epoch(*seconds) : std::nullopt;
}

// "try again in 3 days 4 hours 5 minutes"
std::optional<base::Instant> pause_in(std::string_view text, base::Instant now) {
    constexpr std::string_view again = "try again in";
    constexpr std::int64_t number_max = 100'000;
    const auto at = text.find(again);
    if (at == std::string_view::npos) return std::nullopt;
    text.remove_prefix(at + again.size());
    std::int64_t total = 0;
    while (const auto number = take_number(text)) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        const auto unit = text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
        const auto worth = seconds_of(unit);
        if (!worth || *number > number_max) break;
        total += *number * *worth;
        text.remove_prefix(unit.size());
        text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    }
    if (total == 0) return std::nullopt;
    return now + base::Seconds(total);
}

// "You've hit your weekly limit"
bool tells_of_hit(std::string_view text) {
    const auto at = text.find("hit your ");
    return at != std::string_view::npos && text.find(" limit", at) != std::string_view::npos;
}

// A key of the provider that was to come from the environment.
bool misses_key(std::string_view text) {
    return text.find("missing environment variable") != std::string_view::npos &&
           (text.find("key") != std::string_view::npos ||
            text.find("token") != std::string_view::npos);
}

} // namespace

std::optional<base::Instant> instant_from_epoch(std::int64_t seconds) {
    constexpr std::int64_t earliest = 1'000'000'000; // 2001
    constexpr std::int64_t latest = 32'503'680'000;  // 3000
    if (seconds < earliest || seconds > latest) return std::nullopt;
    return base::Instant(base::Seconds(seconds));
}

std::optional<Limit> limit_from_status(std::int64_t status) {
    switch (status) {
    case 401: return Limit{Limit::Kind::login};
    case 429:
    case 503:
    case 529: return Limit{Limit::Kind::usage};
    default: return std::nullopt;
    }
}

std::optional<Limit> limit_from_kind(std::string_view kind) {
    for (const auto* login : {"authentication_failed", "oauth_org_not_allowed", "account_on_hold",
                              "verification_required", "billing_error", "cloud_credential_error"})
        if (kind == login) return Limit{Limit::Kind::login};
    if (kind == "rate_limit" || kind == "overloaded") return Limit{Limit::Kind::usage};
    return std::nullopt;
}

std::optional<Limit> limit_from_words(std::string_view words, base::Instant now) {
    const auto text = lower(words);
    Limit limit{.words = base::one_line(words.substr(0, words.find('|')), headline_bytes_max)};
    if (holds_one(text, login_words) || misses_key(text)) {
        limit.kind = Limit::Kind::login;
        return limit;
    }
    if (!holds_one(text, usage_words) && !tells_of_hit(text)) return std::nullopt;
    limit.until = epoch_in(text);
    if (!limit.until) limit.until = pause_in(text, now);
    return limit;
}

Limit limit_from(const json::object& message) {
    Limit limit{.words = base::one_line(text_member(message, "text"), headline_bytes_max)};
    if (text_member(message, "kind") == "auth") limit.kind = Limit::Kind::login;
    const auto* until = message.if_contains("until");
    if (!until) return limit;
    if (until->is_int64()) limit.until = instant_from_epoch(until->get_int64());
    if (!until->is_string()) return limit;
    if (const auto read = base::from_rfc3339(std::string_view(until->get_string())))
        limit.until = *read;
    return limit;
}

Verdict because_of(const std::optional<Limit>& limit, Verdict verdict) {
    if (!limit || verdict.kind != Verdict::Kind::failed) return verdict;
    const bool is_usage = limit->kind == Limit::Kind::usage;
    verdict.kind = is_usage ? Verdict::Kind::limited : Verdict::Kind::login_needed;
    verdict.reason.clear();
    if (!limit->words.empty()) verdict.message = limit->words;
    if (verdict.message.empty()) verdict.message = is_usage ? "a usage limit" : "no login";
    if (is_usage) verdict.until = limit->until;
    return verdict;
}

} // namespace agentcron::agent
