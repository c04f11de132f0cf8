#include "notify/sender.hpp"

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "notify/signature.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

namespace agentcron::notify {
namespace {

namespace json = boost::json;

constexpr std::size_t message_bytes_max = 500;
constexpr std::size_t secret_bytes_max = 4096;

// A member of the payload as text; "" where it is absent or null.
std::string member(const json::object& payload, std::string_view key) {
    const auto* value = payload.if_contains(key);
    if (!value || value->is_null()) return "";
    return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

} // namespace

Sender::Sender(boost::asio::io_context& loop, const base::Clock& clock,
               std::vector<std::string> environment)
    : clock_(clock), environment_(std::move(environment)), http_(loop), commands_(loop) {}

void Sender::send(const Notification& notification, std::function<void(TryResult)> then) {
    const auto target = target_from(notification.channel, notification.target);
    if (!target) return then({Verdict::hopeless, target.error(), std::nullopt});
    switch (notification.channel) {
    case Channel::command:
        return commands_.run(command_of(notification, target->command, environment_),
                             std::move(then));
    case Channel::webhook: return post(notification, *target, std::move(then));
    case Channel::ping: return request(ping_request(target->url), std::move(then));
    }
}

// Unsigned only if no secret was asked for.
void Sender::post(const Notification& notification, const Target& target,
                  std::function<void(TryResult)> then) {
    std::optional<std::string> key;
    if (!target.secret_file.empty()) {
        auto read = key_from_file(target.secret_file);
        if (!read) return then({Verdict::failed, read.error(), std::nullopt});
        key = std::move(*read);
    }
    request(webhook_request(notification, target.url, key, clock_.now()), std::move(then));
}

void Sender::request(HttpRequest request, std::function<void(TryResult)> then) {
    http_.send(std::move(request),
               [then = std::move(then)](const HttpResponse& response) { then(judge(response)); });
}

Command command_of(const Notification& notification, std::vector<std::string> argv,
                   const std::vector<std::string>& environment) {
    Command command{.argv = std::move(argv), .environment = {}, .stdin_text = notification.payload};
    for (const auto& variable : environment)
        if (!variable.starts_with("AGENTCRON_")) command.environment.push_back(variable);
    boost::system::error_code failed;
    const auto value = json::parse(notification.payload, failed);
    const auto payload = value.is_object() ? value.get_object() : json::object();
    const auto set = [&](std::string_view name, std::string_view text) {
        command.environment.push_back(
            fmt::format("{}={}", name, base::one_line(text, message_bytes_max)));
    };
    set("AGENTCRON_EVENT", notification.event);
    set("AGENTCRON_SCHEDULE", member(payload, "schedule"));
    set("AGENTCRON_TASK_ID", member(payload, "task_id"));
    set("AGENTCRON_MESSAGE", member(payload, "text"));
    set("AGENTCRON_NOTIFICATION_ID", notification.id);
    return command;
}

base::Result<std::string, std::string> key_from_file(const std::string& path) {
    const auto wrong = [&](std::string_view what) -> base::Result<std::string, std::string> {
        return {boost::system::in_place_error, fmt::format("secret_file {}: {}", path, what)};
    };
    // Not blocking: what stands there may be a pipe.
    const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) return wrong(std::strerror(errno));
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return wrong("is no file");
    std::string text(secret_bytes_max, '\0');
    const auto size = ::read(file.get(), text.data(), text.size());
    if (size < 0) return wrong(std::strerror(errno));
    text.resize(static_cast<std::size_t>(size));
    auto key = key_from(text);
    if (!key) return wrong(key.error());
    return key;
}

} // namespace agentcron::notify
