#include "db/values.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "base/timestamps.hpp"

#include <charconv>

namespace agentcron::db {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

// The length of the well-formed UTF-8 character at the front; 0 if there is none or it is NUL.
std::size_t character_length(std::string_view bytes) {
    for (std::size_t length = 1; length <= 4 && length <= bytes.size(); ++length)
        if (base::is_utf8(bytes.substr(0, length))) return bytes[0] == '\0' ? 0 : length;
    return 0;
}

std::string array_element(std::string_view element) {
    std::string out = "\"";
    for (const char c : element) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

template <class Elements, class Format>
std::string array_of(const Elements& elements, Format format) {
    std::string out = "{";
    for (const auto& element : elements) {
        if (out.size() > 1) out += ',';
        out += format(element);
    }
    return out + '}';
}

} // namespace

std::string storable_text(std::string_view bytes) {
    if (base::is_utf8(bytes) && bytes.find('\0') == std::string_view::npos)
        return std::string(bytes);
    std::string out;
    out.reserve(bytes.size() + 16);
    while (!bytes.empty()) {
        const auto length = character_length(bytes);
        out += length > 0 ? bytes.substr(0, length) : replacement;
        bytes.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

std::string storable_json(std::string_view json) {
    std::string out = storable_text(json);
    for (std::size_t at = out.find('\\'); at != std::string::npos; at = out.find('\\', at)) {
        if (out.compare(at, 6, "\\u0000") == 0)
            std::copy_n("fffd", 4, out.begin() + static_cast<std::ptrdiff_t>(at) + 2);
        at += 2; // an escape is at least two bytes; "\\\\" must not start another
    }
    return out;
}

std::string array_text(const std::vector<std::optional<std::string>>& elements) {
    return array_of(elements,
                    [](const auto& e) { return e ? array_element(*e) : std::string("NULL"); });
}

std::string array_text(const std::vector<std::string>& elements) {
    return array_of(elements, [](const auto& e) { return array_element(e); });
}

std::string array_text(const std::vector<std::int64_t>& elements) {
    return array_of(elements, [](auto e) { return std::to_string(e); });
}

std::string timestamp_text(base::Instant instant) {
    return base::to_rfc3339(instant);
}

base::Instant timestamp_from(std::string_view text) {
    using std::chrono::sys_days;
    using namespace std::chrono_literals;
    if (text.starts_with('-') || text.ends_with(" BC")) return sys_days(1y / 1 / 1);
    if (text == "infinity" || text.find('-') > 4) return sys_days(9999y / 12 / 31);
    const auto instant = base::from_rfc3339(std::string(text) + ":00");
    AGENTCRON_CHECK(instant.has_value(), "not a timestamptz in UTC: {}", text);
    return *instant;
}

std::string text_of(const pqxx::field& field) {
    return field.is_null() ? std::string() : std::string(field.c_str(), field.size());
}

std::optional<std::string> optional_text(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return text_of(field);
}

std::int64_t integer_of(const pqxx::field& field) {
    const std::string_view text(field.c_str(), field.size());
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    AGENTCRON_CHECK(parsed.ec == std::errc(), "not an integer: {}", text);
    return value;
}

bool boolean_of(const pqxx::field& field) {
    return !field.is_null() && field.c_str()[0] == 't';
}

base::Instant instant_of(const pqxx::field& field) {
    return timestamp_from({field.c_str(), field.size()});
}

std::chrono::local_seconds reading_of(const pqxx::field& field) {
    const auto as_utc = timestamp_from(text_of(field) + "+00");
    return std::chrono::local_seconds(
        std::chrono::floor<std::chrono::seconds>(as_utc).time_since_epoch());
}

std::string reading_text(std::chrono::local_seconds reading) {
    auto text = timestamp_text(base::Instant(reading.time_since_epoch()));
    text.pop_back(); // the Z
    return text;
}

std::optional<base::Instant> optional_instant(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return instant_of(field);
}

} // namespace agentcron::db
