#include "process/shim/connection.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace agentcron::shim {
namespace {

using process::wire::MessageHeader;

constexpr std::size_t in_bytes_max = sizeof(MessageHeader) + process::wire::message_bytes_max;

} // namespace

void Connection::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    hung_up_ = closing_ = attaching = false;
    open_ask = 0;
    in_.clear();
    out_.clear();
}

short Connection::interest() const {
    short events = 0;
    if (!hung_up_ && in_.size() < in_bytes_max) events |= POLLIN;
    if (!out_.empty()) events |= POLLOUT;
    return events;
}

std::size_t Connection::receive() {
    char bytes[16 * 1024];
    std::size_t received = 0;
    while (!hung_up_ && in_.size() < in_bytes_max) {
        const std::size_t room = in_bytes_max - in_.size();
        const ssize_t size =
            ::recv(fd_, bytes, room < sizeof bytes ? room : sizeof bytes, MSG_DONTWAIT);
        if (size > 0) {
            in_.append(bytes, static_cast<std::size_t>(size));
            received += static_cast<std::size_t>(size);
        } else {
            if (size == 0 || (errno != EAGAIN && errno != EINTR)) hung_up_ = true;
            break;
        }
    }
    return received;
}

std::size_t Connection::unreceived() const {
    int size = 0;
    return ::ioctl(fd_, FIONREAD, &size) == 0 && size > 0 ? static_cast<std::size_t>(size) : 0;
}

void Connection::flush() {
    while (!out_.empty()) {
        const ssize_t size = ::send(fd_, out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0) {
            if (errno == EAGAIN || errno == EINTR) return;
            hung_up_ = true;
            out_.clear();
            break;
        }
        out_.consume(static_cast<std::size_t>(size));
    }
    if (closing_) close();
}

bool Connection::peek(MessageView& message) {
    MessageHeader header;
    if (in_.size() < sizeof header) return false;
    std::memcpy(&header, in_.data(), sizeof header);
    if (header.length > process::wire::message_bytes_max) {
        in_.clear();
        hung_up_ = true;
        return false;
    }
    if (in_.size() < sizeof header + header.length) return false;
    message.type = static_cast<process::wire::Message>(header.type);
    message.bytes = in_.data() + sizeof header;
    message.size = header.length;
    return true;
}

void Connection::drop(const MessageView& message) {
    in_.consume(sizeof(MessageHeader) + message.size);
}

void Connection::send(process::wire::Message type, const void* bytes, std::size_t size) {
    MessageHeader header{};
    header.length = static_cast<std::uint32_t>(size);
    header.type = static_cast<std::uint8_t>(type);
    out_.append(&header, sizeof header);
    out_.append(bytes, size);
}

} // namespace agentcron::shim
