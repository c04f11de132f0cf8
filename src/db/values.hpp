// Values on their way to and from PostgreSQL's text form. The one place that knows how NULs, broken
// UTF-8, arrays and timestamps travel.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::db {

// Text that a text or jsonb column takes: NUL and bytes that are not UTF-8 become U+FFFD.
std::string storable_text(std::string_view bytes);
// JSON that jsonb takes: as storable_text, and the escape \u0000, which jsonb refuses, as \ufffd.
std::string storable_json(std::string_view json);

// '{"a","b"}' for $n::text[] and every other element type; nullopt elements are NULL.
std::string array_text(const std::vector<std::optional<std::string>>& elements);
std::string array_text(const std::vector<std::string>& elements);
std::string array_text(const std::vector<std::int64_t>& elements);

std::string timestamp_text(base::Instant instant);
// The session's time zone is UTC, so every timestamptz ends in "+00". People may store what is
// beyond the years 1 to 9999, or infinity: that reads as the end of this range.
base::Instant timestamp_from(std::string_view text);

// One statement's parameters, all as text; PostgreSQL converts by the casts in the statement.
class Params {
public:
    Params& add(std::string_view value) { return values_.emplace_back(value), *this; }
    Params& add(const char* value) { return add(std::string_view(value)); }
    Params& add(std::int64_t value) { return values_.emplace_back(std::to_string(value)), *this; }
    Params& add(int value) { return add(static_cast<std::int64_t>(value)); }
    Params& add(bool value) { return add(value ? "true" : "false"); }
    Params& add(base::Instant value) { return values_.emplace_back(timestamp_text(value)), *this; }
    Params& add(base::Seconds value) { return add(static_cast<std::int64_t>(value.count())); }
    Params& add(std::nullopt_t) { return values_.emplace_back(std::nullopt), *this; }
    template <class T>
    Params& add(const std::optional<T>& value) {
        return value ? add(*value) : add(std::nullopt);
    }

    const std::vector<std::optional<std::string>>& values() const { return values_; }

private:
    std::vector<std::optional<std::string>> values_;
};

template <class... Values>
Params params(const Values&... values) {
    Params all;
    (all.add(values), ...);
    return all;
}

std::string text_of(const pqxx::field& field); // "" for null
std::optional<std::string> optional_text(const pqxx::field& field);
std::int64_t integer_of(const pqxx::field& field);
bool boolean_of(const pqxx::field& field); // false for null
base::Instant instant_of(const pqxx::field& field);
// Of type timestamp (without time zone), and back.
std::chrono::local_seconds reading_of(const pqxx::field& field);
std::string reading_text(std::chrono::local_seconds reading);
std::optional<base::Instant> optional_instant(const pqxx::field& field);

} // namespace agentcron::db
