#include "base/json_members.hpp"

#include "base/text.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <limits>
#include <spdlog/fmt/fmt.h>

namespace agentcron::base {

namespace json = boost::json;

const json::value* JsonMembers::find(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    return value && !value->is_null() ? value : nullptr;
}

void JsonMembers::fail(std::string_view key, std::string_view expected) {
    if (error_.empty()) error_ = fmt::format("{}{} must be {}", path_, key, expected);
}

std::optional<std::int64_t> JsonMembers::integer(std::string_view key, std::int64_t low,
                                                 std::int64_t high, std::string_view expected) {
    const json::value* value = find(key);
    if (!value) return std::nullopt;
    boost::system::error_code not_whole;
    const auto number = value->to_number<std::int64_t>(not_whole);
    if (!not_whole && number >= low && number <= high) return number;
    fail(key, expected);
    return std::nullopt;
}

void JsonMembers::read(std::string_view key, std::string& out) {
    const json::value* value = find(key);
    if (!value) return;
    if (value->is_string())
        out = value->get_string();
    else
        fail(key, "a string");
}

void JsonMembers::read(std::string_view key, json::object& out) {
    const json::value* value = find(key);
    if (!value) return;
    if (value->is_object())
        out = value->get_object();
    else
        fail(key, "an object");
}

void JsonMembers::read(std::string_view key, Seconds& out) {
    if (const auto number = integer(key, 0, duration_max.count(), "whole seconds from 0"))
        out = Seconds{*number};
}

void JsonMembers::read(std::string_view key, int& out) {
    if (const auto number = integer(key, 1, 1'000'000, "a whole number from 1 to 1000000"))
        out = static_cast<int>(*number);
}

void JsonMembers::read(std::string_view key, std::uint64_t& out) {
    constexpr std::int64_t high = std::numeric_limits<std::int64_t>::max();
    if (const auto number = integer(key, 0, high, "a whole number from 0"))
        out = static_cast<std::uint64_t>(*number);
}

void JsonMembers::read(std::string_view key, std::optional<std::int64_t>& out) {
    constexpr std::int64_t high = std::numeric_limits<std::int64_t>::max();
    if (const auto number = integer(key, 1, high, "a whole number from 1")) out = *number;
}

void JsonMembers::read(std::string_view key, std::optional<double>& out) {
    const json::value* value = find(key);
    if (!value) return;
    boost::system::error_code no_number;
    const auto number = value->to_number<double>(no_number);
    if (!no_number && std::isfinite(number) && number > 0)
        out = number;
    else
        fail(key, "a number above 0");
}

void JsonMembers::read(std::string_view key, bool& out) {
    const json::value* value = find(key);
    if (!value) return;
    if (value->is_bool())
        out = value->get_bool();
    else
        fail(key, "true or false");
}

void JsonMembers::read(std::string_view key, std::vector<int>& out) {
    constexpr std::string_view expected = "a list of whole numbers from 0";
    const json::value* value = find(key);
    if (!value) return;
    if (!value->is_array()) return fail(key, expected);
    std::vector<int> numbers;
    for (const json::value& element : value->get_array()) {
        boost::system::error_code not_whole;
        const auto number = element.to_number<std::int32_t>(not_whole);
        if (not_whole || number < 0) return fail(key, expected);
        numbers.push_back(number);
    }
    out = std::move(numbers);
}

void JsonMembers::read(std::string_view key, std::vector<std::string>& out) {
    const json::value* value = find(key);
    if (!value) return;
    if (!value->is_array()) return fail(key, "a list of strings");
    std::vector<std::string> strings;
    for (const json::value& element : value->get_array()) {
        if (!element.is_string()) return fail(key, "a list of strings");
        strings.emplace_back(element.get_string());
    }
    out = std::move(strings);
}

void JsonMembers::read(std::string_view key,
                       std::vector<std::pair<std::string, std::string>>& out) {
    const json::value* value = find(key);
    if (!value) return;
    if (!value->is_object()) return fail(key, "an object of strings");
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [name, element] : value->get_object()) {
        if (!element.is_string()) return fail(key, "an object of strings");
        pairs.emplace_back(name, element.get_string());
    }
    out = std::move(pairs);
}

} // namespace agentcron::base
