#include "cli/arguments.hpp"

#include "cli/errors.hpp"

#include <boost/json.hpp>
#include <charconv>
#include <iostream>
#include <iterator>
#include <pwd.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace json = boost::json;

std::int64_t task_id_from(std::string_view text) {
    std::int64_t id = 0;
    const auto end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, id);
    if (parsed.ec != std::errc() || parsed.ptr != end || id < 1)
        throw UsageError(
            fmt::format("`{}` is no task id: ids are numbers, `agentcron list` shows them", text));
    return id;
}

std::string text_or_stdin(const std::string& text) {
    if (text != "-") return text;
    std::string all((std::istreambuf_iterator<char>(std::cin)), {});
    if (all.ends_with('\n')) all.pop_back();
    if (all.ends_with('\r')) all.pop_back();
    return all;
}

std::string params_from(const std::vector<std::string>& pairs, std::string_view text) {
    json::object params;
    if (!text.empty()) {
        boost::system::error_code error;
        const auto value = json::parse(json::string_view(text.data(), text.size()), error);
        if (error || !value.is_object())
            throw UsageError(fmt::format("`{}` is no JSON object; write {{\"name\": 1}}", text));
        params = value.as_object();
    }
    std::vector<std::string> seen;
    for (const auto& pair : pairs) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos || equals == 0)
            throw UsageError(fmt::format("`{}` is no parameter; write NAME=VALUE", pair));
        const auto name = pair.substr(0, equals);
        if (std::find(seen.begin(), seen.end(), name) != seen.end())
            throw UsageError(fmt::format("the parameter `{}` is given twice", name));
        seen.push_back(name);
        params[name] = pair.substr(equals + 1);
    }
    return json::serialize(params);
}

std::string user_name() {
    const passwd* user = ::getpwuid(::geteuid());
    return user ? user->pw_name : std::to_string(::geteuid());
}

} // namespace agentcron::cli
