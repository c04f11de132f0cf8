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

// Exactly `size` bytes.
base::Result<std::string, AskError> receive(int socket, std::size_t size,
                                            const Deadline& deadline) {
    std::string bytes(size, '\0');
    for (std::size_t done = 0; done < size;) {
        if (!await_bytes(socket, deadline))
            return AskError{Kind::timed_out, "no reply came in time"};
        const ssize_t count = ::recv(socket, bytes.data() + done, size - done, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return AskError{Kind::ended, "the run ended before there was a reply"};
        done += static_cast<std::size_t>(count);
    }
    return bytes;
}

base::Result<std::string, AskError> receive_reply(int socket, const Deadline& deadline) {
    wire::MessageHeader header{};
    const auto head = receive(socket, sizeof header, deadline);
    if (!head) return head.error();
    std::memcpy(&header, head->data(), sizeof header);
    if (header.length > wire::message_bytes_max)
        return AskError{Kind::unreachable, "the run's socket answers in another protocol"};
    auto payload = receive(socket, header.length, deadline);
    if (payload && static_cast<wire::Message>(header.type) == wire::Message::refused)
        return AskError{Kind::refused, *payload};
    return payload;
}

} // namespace

base::Result<std::string, AskError> ask(std::string_view json,
                                        std::optional<base::Millis> timeout) {
    const char* path = std::getenv(wire::socket_variable);
    const char* token = std::getenv(wire::token_variable);
    if (path == nullptr || token == nullptr || std::strlen(token) > 255)
        return AskError{Kind::not_in_agent,
                        std::string("not inside an agent that agentcron runs: ") +
                            wire::socket_variable + " and " + wire::token_variable +
                            " are not both set"};
    if (json.size() > wire::ask_bytes_max)
        return AskError{Kind::refused, "the question is too long"};
    Deadline deadline;
    if (timeout) deadline = std::chrono::steady_clock::now() + *timeout;

    const auto directory = std::filesystem::path(path).parent_path();
    const base::UniqueFd fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return failed_with(Kind::unreachable, directory.string());
    const base::UniqueFd socket = connect_to_shim(fd.get(), true);
    if (!socket) return failed_with(Kind::unreachable, path);
    if (!send_whole(socket.get(), ask_message(token, json)))
        return failed_with(Kind::unreachable, path);
    return receive_reply(socket.get(), deadline);
}

} // namespace agentcron::process
