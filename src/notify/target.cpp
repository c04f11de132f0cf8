#include "notify/target.hpp"

#include "base/json_members.hpp"

#include <boost/json/parse.hpp>
#include <strings.h>

namespace agentcron::notify {
namespace {

constexpr std::size_t url_bytes_max = 8192;

bool starts_with_scheme(const std::string& url, std::string_view scheme) {
    return url.size() > scheme.size() &&
           ::strncasecmp(url.c_str(), scheme.data(), scheme.size()) == 0;
}

bool is_http(const std::string& url) {
    return starts_with_scheme(url, "http://") || starts_with_scheme(url, "https://");
}

} // namespace

base::Result<Target, std::string> target_from(Channel channel, std::string_view json) {
    const auto wrong = [](std::string what) -> base::Result<Target, std::string> {
        return {boost::system::in_place_error, std::move(what)};
    };
    boost::system::error_code failed;
    const auto value = boost::json::parse({json.data(), json.size()}, failed);
    if (failed || !value.is_object()) return wrong("the target is no JSON object");
    Target target;
    base::JsonMembers members(value.get_object());
    members.read("url", target.url);
    members.read("secret_file", target.secret_file);
    members.read("command", target.command);
    if (!members.error().empty()) return wrong(members.error());
    if (channel == Channel::command) {
        if (target.command.empty() || target.command.front().empty())
            return wrong("command: expected a list of words, the program first");
    } else if (target.url.size() > url_bytes_max || !is_http(target.url)) {
        return wrong(std::string(channel == Channel::ping ? "heartbeat" : "webhook") +
                     ": expected a URL that begins with http:// or https://");
    }
    return target;
}

} // namespace agentcron::notify
