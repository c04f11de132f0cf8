#include "process/ask_client.hpp"

#include "base/unique_fd.hpp"
#include "process/run_directory.hpp"
#include "process/wire.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <poll.h>
#include <sys/socket.h>

namespace agentcron::process {
namespace {

using Kind = AskError::Kind;
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

AskError failed_with(Kind kind, const std::string& what) {
    return AskError{kind, what + ": " + std::strerror(errno)};
}

std::string ask_message(std::string_view token, std::string_view json) {
    wire::MessageHeader header{};
    header.type = static_cast<std::uint8_t>(wire::Message::ask);
    header.length = static_cast<std::uint32_t>(1 + token.size() + json.size());
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    bytes.push_back(static_cast<char>(token.size()));
    return bytes.append(token).append(json);
}

bool send_whole(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

// Waits until the socket has something; false when the deadline has passed.
bool await_bytes(int socket, const Deadline& deadline) {
    for (;;) {
        int wait_ms = -1;
        if (deadline) {
            const auto left =
                std::chrono::ceil<base::Millis>(*deadline - std::chrono::steady_clock::now());
            wait_ms = static_cast<int>(
                std::clamp<base::Millis::rep>(left.count(), 0, std::numeric_limits<int>::max()));
        }
        pollfd ready{socket, POLLIN, 0};
        const int count = ::poll(&ready, 1, wait_ms);
        if (count > 0) return true;
        if (count == 0 && wait_ms == 0) return false;
    }
}

} // namespace

base::Result<PendingAsk, AskError> PendingAsk::begin(std::string_view json) {
    const char* path = std::getenv(wire::socket_variable);
    const char* token = std::getenv(wire::token_variable);
    if (path == nullptr || token == nullptr || std::strlen(token) > 255)
        return AskError{Kind::not_in_agent,
                        std::string("not inside an agent that agentcron runs: ") +
                            wire::socket_variable + " and " + wire::token_variable +
                            " are not both set"};
    if (json.size() > wire::ask_bytes_max)
        return AskError{Kind::refused,
                        "it is longer than 60 KiB; put it into a file and name that"};
    const auto directory = std::filesystem::path(path).parent_path();
    const base::UniqueFd fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return failed_with(Kind::unreachable, directory.string());
    base::UniqueFd socket = connect_to_shim(fd.get(), true);
    if (!socket) return failed_with(Kind::unreachable, path);
    if (!send_whole(socket.get(), ask_message(token, json)))
        return failed_with(Kind::unreachable, path);
    return PendingAsk(std::move(socket));
}

base::Result<std::optional<std::string>, AskError> PendingAsk::take_reply() {
    char bytes[16 * 1024];
    const ssize_t count = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    if (count < 0 && errno == EINTR) return std::optional<std::string>();
    if (count <= 0) return AskError{Kind::ended, "the run ended before there was a reply"};
    received_.append(bytes, static_cast<std::size_t>(count));
    wire::MessageHeader header{};
    if (received_.size() < sizeof header) return std::optional<std::string>();
    std::memcpy(&header, received_.data(), sizeof header);
    if (header.length > wire::message_bytes_max)
        return AskError{Kind::unreachable, "the run's socket answers in another protocol"};
    if (received_.size() < sizeof header + header.length) return std::optional<std::string>();
    auto payload = received_.substr(sizeof header, header.length);
    if (static_cast<wire::Message>(header.type) == wire::Message::refused)
        return AskError{Kind::refused, std::move(payload)};
    return std::optional(std::move(payload));
}

base::Result<std::string, AskError> ask(std::string_view json,
                                        std::optional<base::Millis> timeout) {
    auto pending = PendingAsk::begin(json);
    if (!pending) return pending.error();
    Deadline deadline;
    if (timeout) deadline = std::chrono::steady_clock::now() + *timeout;
    for (;;) {
        if (!await_bytes(pending->fd(), deadline))
            return AskError{Kind::timed_out, "no reply came in time"};
        auto reply = pending->take_reply();
        if (!reply) return reply.error();
        if (*reply) return std::move(**reply);
    }
}

} // namespace agentcron::process
