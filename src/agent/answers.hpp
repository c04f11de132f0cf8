// What a person's words mean for a question. People answer from a shell, from SQL or a
// notification, so an answer is a text; one that says more than a word is a JSON object. Pure.
#pragma once

#include "agent/driver.hpp"
#include "base/result.hpp"

#include <boost/json/object.hpp>

namespace agentcron::agent {

// Of a question of kind approve or plan.
struct Decision {
    bool allow = false;
    bool for_session = false; // allow: also what is like it, as long as the session lasts
    std::string reason{};     // of a denial, "" = none
    std::optional<boost::json::value> input{}; // allow this instead of what was asked for
};

// The options that a question of this kind offers: allow, allow_session, deny.
std::vector<Option> decision_options(bool can_allow_session);

// allow, yes, y, ok, approve, accept; allow_session; deny, no, n, decline, reject, perhaps with a
// reason behind it ("deny: not on Fridays"); or a JSON object
// {"allow": bool, "for_session": bool, "reason": text, "input": any}.
// Any other text denies, with the text as the reason: only clear words allow anything.
Decision decision_from(std::string_view answer);

// What was chosen for one item: labels of options, or words of the person's own.
struct Chosen {
    std::string key;
    std::vector<std::string> values;
};

// One for each item, in their order. The answer is a JSON object by the items' keys or texts (a
// string or an array of strings each; an item that is not named gets nothing). A plain text answers
// every item; where several options may be chosen, commas part them if each part is an option.
// An option may be named by its value or label, ASCII letters without case.
std::vector<Chosen> choices_from(const std::vector<Item>& items, std::string_view answer);

// Of a form: the object to send, checked against the schema; nullopt inside for one that was
// declined (decline, cancel, no). A plain text fills a form of one field. The error names the field
// and what it takes.
//
// The schema is that of MCP elicitation (2025-11-25, "Requested Schema"): a flat object of string
// (enum, oneOf, minLength, maxLength, pattern is not checked), number, integer (minimum, maximum),
// boolean, and arrays of enum strings; "required" holds.
base::Result<std::optional<boost::json::object>, std::string> form_from(std::string_view schema,
                                                                        std::string_view answer);

// Of a url: whether the person dealt with it (anything but decline, cancel, no).
bool is_done(std::string_view answer);

} // namespace agentcron::agent
