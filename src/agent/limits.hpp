// What agents say when their provider takes no more work: a usage or rate limit, or a login that is
// missing. Pure. A driver looks here only when its protocol says that the work failed: what a model
// says about limits while it works means nothing.
#pragma once

#include "agent/driver.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agentcron::agent {

struct Limit {
    // login: only a person can help, by logging in, a key, or a payment.
    enum class Kind { usage, login };
    Kind kind = Kind::usage;
    std::optional<base::Instant> until{}; // of usage, if known
    std::string words{};                  // what it said, one line; "" = what the verdict says
};

// By the status of an HTTP response that the agent gave up after.
std::optional<Limit> limit_from_status(std::int64_t status);
// By the kind that Claude Code and its ACP adapter give an error: "rate_limit".
std::optional<Limit> limit_from_kind(std::string_view kind);
// By the words of an error: "Claude AI usage limit reached|1767225600", "last status: 429 Too Many
// Requests", "Not logged in". `now` is for "try again in 2 hours 5 minutes".
std::optional<Limit> limit_from_words(std::string_view words, base::Instant now);
// {"type":"limit","kind":"usage_limit"|"auth","until":RFC 3339 or seconds since 1970,"text":".."}
// of the open protocol. An unknown kind counts as a usage limit: it is tried again.
Limit limit_from(const boost::json::object& message);

// Seconds since 1970; nullopt for what is no time of these centuries.
std::optional<base::Instant> instant_from_epoch(std::int64_t seconds);

// A failure that this limit explains. Any other verdict stays what it is.
Verdict because_of(const std::optional<Limit>& limit, Verdict verdict);

} // namespace agentcron::agent
