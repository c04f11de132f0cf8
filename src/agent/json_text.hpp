// JSON that strangers wrote, read without trust: bounded depth, no exceptions, and strings that the
// database can store (PostgreSQL's text and jsonb have no NUL character).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace agentcron::agent {

// One JSON object and nothing else but blanks; nullopt for anything else, for invalid UTF-8 and for
// nesting deeper than 128.
std::optional<boost::json::object> parse_object(std::string_view text);

// A string as it is, another value as JSON; NUL becomes U+FFFD.
std::string plain_text(const boost::json::value& value);
// The member as text if it is a string, else "".
std::string text_member(const boost::json::object& object, std::string_view key);
// The member if it is an object or an array, else an empty one.
const boost::json::object& object_member(const boost::json::object& object, std::string_view key);
const boost::json::array& array_member(const boost::json::object& object, std::string_view key);

// The member if it is an object, else nullptr.
const boost::json::object* find_object(const boost::json::object& object, std::string_view key);

// Whether both are the same JSON object; false where one is none.
bool is_same_object(std::string_view one, std::string_view other);

// The JSON text of a member exactly as it stands in `text`, from which `object` was parsed (numbers
// keep their digits). Where jsonb would refuse it, repaired: NUL in strings becomes U+FFFD, a
// number beyond a double becomes null. "" where the member is absent.
std::string member_json(std::string_view text, const boost::json::object& object,
                        std::string_view key);

} // namespace agentcron::agent
