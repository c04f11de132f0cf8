// What Codex is told in words, and what its words mean to people. Pure.
#pragma once

#include "agent/driver.hpp"
#include "agent/limits.hpp"

#include <boost/json/value.hpp>

namespace agentcron::agent::codex {

// The kind of a row by the type of the item that it tells of (agentMessage, or agent_message as
// `codex exec` spells it): message, tool, prompt, warning; else the last word of the type.
std::string kind_of_item(std::string_view type);
// The last word of a method or type in lower case: "usage" of thread/tokenUsage/updated (its middle
// names it), "delta" of item/commandExecution/outputDelta; "notice" where that is no plain word.
std::string kind_of_method(std::string_view method);

// What the first turn of a leg says: the prompt, or in a leg that resumes after questions only
// their answers.
std::string first_words(const Brief& brief);
// The same for a new thread, which knows of nothing: the prompt, and the answers there are.
std::string first_words_anew(const Brief& brief);

// "<message> (<codexErrorInfo>)" of a turn's error, one line.
std::string failure_in_words(const boost::json::value& error);
// The limit that a turn's error tells of: by its codexErrorInfo, else by its words.
std::optional<Limit> limit_of(const boost::json::value& error, base::Instant now);

} // namespace agentcron::agent::codex
