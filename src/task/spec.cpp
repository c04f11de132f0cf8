#include "task/spec.hpp"

#include "base/text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::task {

namespace {

namespace json = boost::json;

// Reads the members of one object; remembers the first error. An absent member or null leaves the
// default.
class Members {
public:
    Members(const json::object& object, std::string_view path) : object_(object), path_(path) {}

    void read(std::string_view key, std::string& out) {
        if (const json::value* value = find(key)) {
            if (value->is_string())
                out = value->as_string();
            else
                fail(key, "a string");
        }
    }
    void read(std::string_view key, json::object& out) {
        if (const json::value* value = find(key)) {
            if (value->is_object())
                out = value->as_object();
            else
                fail(key, "an object");
        }
    }
    void read(std::string_view key, base::Seconds& out) {
        if (const auto number = integer(key, 0, base::duration_max.count(), "whole seconds from 0"))
            out = base::Seconds{*number};
    }
    void read(std::string_view key, int& out) {
        if (const auto number = integer(key, 1, 1'000'000, "a whole number from 1"))
            out = static_cast<int>(*number);
    }
    const std::string& error() const { return error_; }

private:
    const json::value* find(std::string_view key) const {
        const json::value* value = object_.if_contains(key);
        return value && !value->is_null() ? value : nullptr;
    }
    std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high,
                                        std::string_view expected) {
        const json::value* value = find(key);
        if (!value) return std::nullopt;
        boost::system::error_code not_whole;
        const auto number = value->to_number<std::int64_t>(not_whole);
        if (!not_whole && number >= low && number <= high) return number;
        fail(key, expected);
        return std::nullopt;
    }
    void fail(std::string_view key, std::string_view expected) {
        if (error_.empty()) error_ = fmt::format("{}{} must be {}", path_, key, expected);
    }

    const json::object& object_;
    std::string_view path_;
    std::string error_;
};

// Said explicitly, for an aggregate that starts with a string can be made from one too.
base::Result<Spec, std::string> wrong(std::string message) {
    return {boost::system::in_place_error, std::move(message)};
}

} // namespace

std::string to_json(const Spec& spec) {
    return json::serialize(json::object{
        {"prompt", spec.prompt},
        {"params", spec.params},
        {"timeout", spec.timeout.count()},
        {"hold", spec.hold.count()},
        {"retry",
         {{"attempts", spec.retry.attempts},
          {"backoff", spec.retry.backoff.count()},
          {"max_backoff", spec.retry.max_backoff.count()}}},
    });
}

base::Result<Spec, std::string> spec_from_json(std::string_view text) {
    boost::system::error_code malformed;
    json::parse_options options;
    options.max_depth = 256; // params are the user's
    const json::value value = json::parse(text, malformed, {}, options);
    if (malformed) return wrong(fmt::format("the spec is not JSON: {}", malformed.message()));
    if (!value.is_object()) return wrong("the spec must be a JSON object");

    Spec spec;
    json::object retry;
    Members members(value.get_object(), "");
    members.read("prompt", spec.prompt);
    members.read("params", spec.params);
    members.read("timeout", spec.timeout);
    members.read("hold", spec.hold);
    members.read("retry", retry);
    if (!members.error().empty()) return wrong(members.error());

    Members retry_members(retry, "retry.");
    retry_members.read("attempts", spec.retry.attempts);
    retry_members.read("backoff", spec.retry.backoff);
    retry_members.read("max_backoff", spec.retry.max_backoff);
    if (!retry_members.error().empty()) return wrong(retry_members.error());
    return spec;
}

} // namespace agentcron::task
