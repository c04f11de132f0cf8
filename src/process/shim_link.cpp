#include "process/shim_link.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <limits>
#include <sys/socket.h>

namespace agentcron::process {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

namespace {

constexpr base::Millis reconnect_interval{50};

std::string message(wire::Message type, std::string_view payload) {
    wire::MessageHeader header{};
    header.length = static_cast<std::uint32_t>(payload.size());
    header.type = static_cast<std::uint8_t>(type);
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    return bytes.append(payload);
}

// As a payload, or a part of one.
template <class Integer>
std::string milliseconds(base::Millis time) {
    constexpr base::Millis::rep longest = std::numeric_limits<Integer>::max() / 2;
    const auto count =
        static_cast<Integer>(std::clamp<base::Millis::rep>(time.count(), 0, longest));
    return {reinterpret_cast<const char*>(&count), sizeof count};
}

} // namespace

struct ShimLink::State : std::enable_shared_from_this<State> {
    State(asio::io_context& loop, const RunDirectory& run)
        : directory(&run), socket(loop), retry(loop) {}

    void queue(const std::string& bytes) {
        waiting += bytes;
        send();
    }

    void send() {
        if (directory == nullptr || busy || waiting.empty()) return;
        if (!socket.is_open() && !connect()) return;
        busy = true;
        socket.async_wait(stream_descriptor::wait_write,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                              self->busy = false;
                              if (!error && self->directory != nullptr) self->write_some();
                          });
    }

    // A shim that is gone refuses: then its end is learnt by its pidfd, and nothing is left to
    // send. One whose queue is full, or that cannot be reached for want of descriptors, is tried
    // again.
    bool connect() {
        base::UniqueFd fd = directory->connect();
        if (fd) {
            socket.assign(fd.release());
            return true;
        }
        if (errno != EAGAIN && errno != EMFILE && errno != ENFILE && errno != ENOMEM) {
            waiting.clear();
            return false;
        }
        busy = true;
        retry.expires_after(reconnect_interval);
        retry.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            self->busy = false;
            if (!error) self->send();
        });
        return false;
    }

    void write_some() {
        const ssize_t count = ::send(socket.native_handle(), waiting.data() + sent,
                                     waiting.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            waiting.clear();
            sent = 0;
            return;
        }
        if (count > 0) sent += static_cast<std::size_t>(count);
        if (sent == waiting.size()) {
            std::string().swap(waiting);
            sent = 0;
        }
        send();
    }

    // At once by a connection of its own, or in the queue if there is no room for that.
    void send_ahead(const std::string& bytes) {
        const base::UniqueFd fd = directory->connect();
        if (fd && ::send(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(bytes.size()))
            return;
        queue(bytes);
    }

    const RunDirectory* directory; // null once the link is gone
    stream_descriptor socket;
    asio::steady_timer retry;
    bool busy = false; // a wait is under way
    std::string waiting;
    std::size_t sent = 0; // of waiting
};

ShimLink::ShimLink(asio::io_context& loop, const RunDirectory& directory)
    : state_(std::make_shared<State>(loop, directory)) {}

ShimLink::~ShimLink() {
    state_->directory = nullptr;
    state_->retry.cancel();
    boost::system::error_code ignored;
    state_->socket.close(ignored);
}

void ShimLink::feed(std::string_view bytes) {
    std::string messages;
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, wire::message_bytes_max);
        messages += message(wire::Message::feed, piece);
        bytes.remove_prefix(piece.size());
    }
    state_->queue(messages);
}

void ShimLink::close_stdin() {
    state_->queue(message(wire::Message::close_stdin, {}));
}

void ShimLink::set_deadline(base::Millis from_now) {
    state_->queue(message(wire::Message::set_deadline, milliseconds<std::uint64_t>(from_now)));
}

void ShimLink::set_lease(base::Millis from_now, base::Millis grace) {
    state_->send_ahead(message(wire::Message::set_lease, milliseconds<std::uint64_t>(from_now) +
                                                             milliseconds<std::uint32_t>(grace)));
}

void ShimLink::stored(std::uint64_t offset) {
    state_->queue(
        message(wire::Message::stored, {reinterpret_cast<const char*>(&offset), sizeof offset}));
}

void ShimLink::reply(std::string_view ask_id, std::string_view json) {
    if (json.size() > wire::ask_bytes_max) json = R"({"error":"the answer is too long"})";
    std::string payload(1, static_cast<char>(std::min<std::size_t>(ask_id.size(), 255)));
    payload.append(ask_id.substr(0, 255)).append(json);
    state_->queue(message(wire::Message::reply, payload));
}

void ShimLink::terminate(base::Millis grace) {
    state_->send_ahead(message(wire::Message::terminate, milliseconds<std::uint32_t>(grace)));
}

void ShimLink::kill() {
    state_->send_ahead(message(wire::Message::kill, {}));
}

} // namespace agentcron::process
