// What the messages of the jsonl protocol mean, one JSON object at a time. Pure functions that
// every driver shares; the table of messages stands in jsonl_driver.hpp.
#pragma once

#include "agent/driver.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace agentcron::agent {

inline constexpr std::size_t headline_bytes_max = 200;
inline constexpr std::size_t options_max = 100;

// The kind of the output row: the message's "type" if it is a plain word, else "message".
std::string kind_of(const boost::json::object& message);
// What people read of a text message, ended by a newline; nullopt if it is none.
std::optional<std::string> text_of(const boost::json::object& message);

// Never fails: an agent that asked waits, so a poor question is better than none. Without an id the
// question is named after its number, "question-1".
Question question_from(const boost::json::object& message, int number);
// What is wrong with a question that an agent is still there to put right; nullopt: nothing.
std::optional<std::string> fault_in_ask(const boost::json::object& message);
// The `request` of a question that was asked on the side: the same words, asked again, give the
// same.
std::string request_of_ask(const Question& question);
bool was_asked_on_the_side(const Brief::Answered& answered);
Progress progress_from(const boost::json::object& message);
Usage usage_from(const boost::json::object& message);
// `line` is the text that `message` was parsed from.
Result result_from(const boost::json::object& message, std::string_view line);

} // namespace agentcron::agent
