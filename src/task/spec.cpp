#include "task/spec.hpp"

#include "base/json_members.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::task {

namespace {

namespace json = boost::json;

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
    base::JsonMembers members(value.get_object());
    members.read("prompt", spec.prompt);
    members.read("params", spec.params);
    members.read("timeout", spec.timeout);
    members.read("hold", spec.hold);
    members.read("retry", retry);
    if (!members.error().empty()) return wrong(members.error());

    base::JsonMembers retry_members(retry, "retry.");
    retry_members.read("attempts", spec.retry.attempts);
    retry_members.read("backoff", spec.retry.backoff);
    retry_members.read("max_backoff", spec.retry.max_backoff);
    if (!retry_members.error().empty()) return wrong(retry_members.error());
    return spec;
}

} // namespace agentcron::task
