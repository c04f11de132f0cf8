#include "agent/json_text.hpp"

#include <boost/json.hpp>
#include <cmath>

namespace agentcron::agent {

namespace {

namespace json = boost::json;

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

std::string without_nul(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    for (const char c : text) {
        if (c == '\0')
            clean += replacement;
        else
            clean += c;
    }
    return clean;
}

// A walk over the text of one JSON object that a parser has already accepted.
class ObjectText {
public:
    explicit ObjectText(std::string_view text) : text_(text), at_(text.find('{') + 1) {}

    // The text of the last member with this key, as parsers agree on; "" if the key is not there,
    // or is written with escapes.
    std::string_view find(std::string_view key) {
        std::string_view found;
        for (skip(" \t\r\n,"); peek() == '"'; skip(" \t\r\n,")) {
            const std::string_view quoted = take_value();
            skip(" \t\r\n:");
            const std::string_view value = take_value();
            if (quoted.substr(1, quoted.size() - 2) == key) found = value;
        }
        return found;
    }

private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip(std::string_view characters) {
        at_ = std::min(text_.find_first_not_of(characters, at_), text_.size());
    }
    void skip_string() {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\') ++at_;
        }
        ++at_;
    }
    std::string_view take_value() {
        const std::size_t start = at_;
        std::size_t depth = 0;
        do {
            const char c = peek();
            if (c == '"') {
                skip_string();
            } else if (c == '{' || c == '[') {
                ++depth;
                ++at_;
            } else if (c == '}' || c == ']') {
                --depth;
                ++at_;
            } else if (depth == 0) {
                at_ = std::min(text_.find_first_of(" \t\r\n,}]", at_), text_.size());
            } else {
                ++at_;
            }
        } while (depth > 0 && at_ < text_.size());
        return text_.substr(start, at_ - start);
    }

    std::string_view text_;
    std::size_t at_;
};

// Might jsonb refuse this text? Escaped NULs and exponents of four digits; a false alarm only costs
// the verbatim form.
bool is_suspect(std::string_view text) {
    if (text.find("\\u0000") != std::string_view::npos) return true;
    for (std::size_t i = text.find_first_of("eE"); i != std::string_view::npos;
         i = text.find_first_of("eE", i + 1)) {
        const std::size_t digits = std::min(text.find_first_not_of("+-", i + 1), text.size());
        const std::size_t end = std::min(text.find_first_not_of("0123456789", digits), text.size());
        if (end - digits >= 4) return true;
    }
    return false;
}

json::value repaired(const json::value& value) {
    switch (value.kind()) {
    case json::kind::string: return json::value(without_nul(value.get_string()));
    case json::kind::double_:
        return std::isfinite(value.get_double()) ? value : json::value(nullptr);
    case json::kind::array: {
        json::array array;
        for (const json::value& element : value.get_array()) array.push_back(repaired(element));
        return array;
    }
    case json::kind::object: {
        json::object object;
        for (const auto& [key, member] : value.get_object())
            object[without_nul(key)] = repaired(member);
        return object;
    }
    case json::kind::null:
    case json::kind::bool_:
    case json::kind::int64:
    case json::kind::uint64: return value;
    }
    return nullptr;
}

} // namespace

std::optional<json::object> parse_object(std::string_view text) {
    const std::size_t start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos || text[start] != '{') return std::nullopt;
    boost::system::error_code malformed;
    json::parse_options options;
    options.max_depth = 128;
    json::value value = json::parse(text, malformed, {}, options);
    if (malformed || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

std::string plain_text(const json::value& value) {
    return without_nul(value.is_string() ? std::string(value.get_string())
                                         : json::serialize(value));
}

std::string text_member(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value && value->is_string() ? plain_text(*value) : "";
}

const json::object* find_object(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value ? value->if_object() : nullptr;
}

const json::object& object_member(const json::object& object, std::string_view key) {
    static const json::object none;
    const json::value* value = object.if_contains(key);
    return value && value->is_object() ? value->get_object() : none;
}

const json::array& array_member(const json::object& object, std::string_view key) {
    static const json::array none;
    const json::value* value = object.if_contains(key);
    return value && value->is_array() ? value->get_array() : none;
}

bool is_same_object(std::string_view one, std::string_view other) {
    const auto first = parse_object(one);
    const auto second = parse_object(other);
    return first && second && *first == *second;
}

std::string member_json(std::string_view text, const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    if (!value) return "";
    const std::string_view verbatim = ObjectText(text).find(key);
    if (verbatim.empty() || is_suspect(verbatim)) return json::serialize(repaired(*value));
    return std::string(verbatim);
}

} // namespace agentcron::agent
