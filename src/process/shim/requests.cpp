#include "process/shim/requests.hpp"

#include "process/ask_text.hpp"
#include "process/shim/clocks.hpp"

#include <cinttypes>
#include <cstdio>
#include <sys/socket.h>
#include <unistd.h>

namespace agentcron::shim {
namespace {

namespace wire = process::wire;

// These are recorded in the spool before they take effect, so they wait while the disk is full.
bool needs_spool(wire::Message type) {
    return type == wire::Message::feed || type == wire::Message::ask ||
           type == wire::Message::reply;
}

// A payload that starts with a short string: its size in one byte, then the string.
struct PrefixedView {
    const char* prefix = nullptr;
    std::size_t prefix_size = 0;
    const char* rest = nullptr;
    std::size_t rest_size = 0;
};

bool split_prefix(const MessageView& message, PrefixedView& view) {
    if (message.size == 0) return false;
    view.prefix_size = static_cast<unsigned char>(message.bytes[0]);
    if (message.size < 1 + view.prefix_size) return false;
    view.prefix = message.bytes + 1;
    view.rest = view.prefix + view.prefix_size;
    view.rest_size = message.size - 1 - view.prefix_size;
    return true;
}

} // namespace

void SetTime::set(const MessageView& message, std::uint64_t now_ms) {
    std::uint64_t from_now_ms = 0;
    if (message.size < sizeof from_now_ms) return;
    std::memcpy(&from_now_ms, message.bytes, sizeof from_now_ms);
    is_new_ = true;
    at_ms_ = from_now_ms == 0 ? 0 : now_ms + from_now_ms;
}

void SetTime::take(std::uint64_t& at_ms) {
    if (is_new_) at_ms = at_ms_;
    is_new_ = false;
}

void Requests::set_lease(const MessageView& message) {
    lease_.set(message, since_boot_ms());
    if (message.size < sizeof(std::uint64_t) + sizeof lease_grace_ms_) return;
    std::memcpy(&lease_grace_ms_, message.bytes + sizeof(std::uint64_t), sizeof lease_grace_ms_);
}

std::size_t Requests::fill(pollfd* polled) {
    std::size_t count = 0;
    bool room = false;
    for (std::size_t i = 0; i < connections_max; ++i) {
        const Connection& client = clients_[i];
        if (!client.is_open()) {
            room = true;
            continue;
        }
        // One that hung up while its messages wait would wake us for ever.
        const short interest = client.interest();
        if (interest == 0) continue;
        polled_clients_[count] = i;
        polled[1 + count] = {client.fd(), interest, 0};
        ++count;
    }
    polled[0] = {room ? listener_ : -1, POLLIN, 0};
    return 1 + count;
}

void Requests::serve(const pollfd* polled, std::size_t count) {
    for (std::size_t i = 1; i < count; ++i) {
        Connection& client = clients_[polled_clients_[i - 1]];
        if (polled[i].revents == 0) continue;
        if (polled[i].revents & (POLLIN | POLLHUP | POLLERR)) client.receive();
        client.flush();
        if (client.is_open()) serve_messages(client);
    }
    if (polled[0].revents & POLLIN) accept_clients();
    greet();
}

void Requests::resume() {
    for (Connection& client : clients_)
        if (client.is_open()) serve_messages(client);
    greet();
}

void Requests::take_times(std::uint64_t& deadline_ms, std::uint64_t& lease_ms) {
    deadline_.take(deadline_ms);
    lease_.take(lease_ms);
}

void Requests::accept_clients() {
    for (Connection& client : clients_) {
        if (client.is_open()) continue;
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) return;
        client.open(fd);
    }
}

void Requests::serve_messages(Connection& client) {
    MessageView message;
    while (client.is_open() && client.peek(message)) {
        if (needs_spool(message.type) && spool_.stalled()) return;
        act(client, message);
        client.drop(message);
        client.flush();
    }
    if (!client.is_open() || !client.hung_up()) return;
    if (client.open_ask != 0) withdraw(client);
    client.close();
}

void Requests::act(Connection& client, const MessageView& message) {
    const std::uint64_t now = since_boot_ms();
    switch (message.type) {
    case wire::Message::attach: client.attaching = true; return;
    case wire::Message::feed: return feed(message);
    case wire::Message::close_stdin: return stdin_.close_when_empty();
    case wire::Message::terminate: {
        std::uint32_t grace_ms = 0;
        if (message.size < sizeof grace_ms) return;
        std::memcpy(&grace_ms, message.bytes, sizeof grace_ms);
        end_was_requested_ = true;
        return tree_.terminate(now, grace_ms);
    }
    case wire::Message::set_deadline: return deadline_.set(message, now);
    case wire::Message::set_lease: return set_lease(message);
    case wire::Message::stored: {
        std::uint64_t offset = 0;
        if (message.size < sizeof offset) return;
        std::memcpy(&offset, message.bytes, sizeof offset);
        return backlog_.stored(offset);
    }
    case wire::Message::kill: end_was_requested_ = true; return tree_.kill(now);
    case wire::Message::reply: return end_ask(message);
    case wire::Message::ask: return begin_ask(client, message);
    case wire::Message::hello:
    case wire::Message::answer:
    case wire::Message::refused: return; // only ever sent by us
    }
}

void Requests::feed(const MessageView& message) {
    if (!stdin_.is_open() || message.size == 0) return;
    const std::uint64_t offset = spool_.append(process::Stream::in, message.bytes, message.size);
    stdin_.add(spool_.fd(), offset, message.size);
    words_end_ = offset + message.size;
}

// A daemon that attaches takes over from one that died, whose last words may stand in a connection
// that nobody has read yet. That one was accepted already: a listener's queue keeps the order.
void Requests::greet() {
    bool wanted = false;
    for (const Connection& client : clients_) wanted = wanted || client.attaching;
    if (!wanted) return;
    for (Connection& client : clients_)
        if (client.is_open()) serve_all(client);
    if (word_waits()) return; // for space on the disk; `resume` comes back here
    for (Connection& client : clients_) {
        if (!client.attaching) continue;
        client.attaching = false;
        const wire::Hello hello{wire::protocol_version, ::getpid(), agent_};
        client.send(wire::Message::hello, &hello, sizeof hello);
        client.flush();
    }
}

// No more than what stands there now: one that never stops to send must not hold up the others.
void Requests::serve_all(Connection& client) {
    std::size_t left = client.unreceived();
    while (client.is_open() && left > 0) {
        const std::size_t received = client.receive();
        serve_messages(client);
        if (received == 0) return;
        left -= received < left ? received : left;
    }
}

// A question that waits is no daemon's, and nobody who attaches depends on it.
bool Requests::word_waits() {
    if (spool_.size() < words_end_) return true;
    MessageView message;
    for (Connection& client : clients_)
        if (client.is_open() && client.peek(message) && message.type != wire::Message::ask)
            return true;
    return false;
}

void Requests::begin_ask(Connection& client, const MessageView& message) {
    PrefixedView ask;
    const std::size_t token_size = std::strlen(ask_token_);
    if (!split_prefix(message, ask) || ask.prefix_size != token_size ||
        std::memcmp(ask.prefix, ask_token_, token_size) != 0)
        return refuse(client, "the token is not the one of this run");
    if (client.open_ask != 0) return refuse(client, "this connection has asked already");
    if (open_asks() >= asks_max) return refuse(client, "too many open questions in this run");
    if (ask.rest_size > wire::ask_bytes_max) return refuse(client, "the question is too long");
    char record[wire::ask_bytes_max + process::id_text_bytes_max];
    const std::size_t size =
        process::write_with_id(ask.rest, ask.rest_size, last_ask_ + 1, record, sizeof record);
    if (size == 0) return refuse(client, "the question is not a JSON object");
    client.open_ask = ++last_ask_;
    spool_.append(process::Stream::ask, record, size);
}

void Requests::end_ask(const MessageView& message) {
    PrefixedView reply;
    if (!split_prefix(message, reply) || reply.rest_size > wire::ask_bytes_max) return;
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < reply.prefix_size; ++i)
        id = id * 10 + static_cast<std::uint64_t>(reply.prefix[i] - '0');
    for (Connection& client : clients_) {
        if (!client.is_open() || client.open_ask != id || id == 0) continue;
        char record[wire::ask_bytes_max + process::id_text_bytes_max];
        const std::size_t size =
            process::write_with_id(reply.rest, reply.rest_size, id, record, sizeof record);
        if (size == 0) return;
        words_end_ = spool_.append(process::Stream::reply, record, size) + size;
        client.open_ask = 0;
        client.send(wire::Message::answer, reply.rest, reply.rest_size);
        client.close_when_sent();
        return; // it is sent by the next poll: closing it here could pull a message from under us
    }
}

// An asker that dies because we end its agent has not withdrawn its question: it may well be
// answered when the agent is resumed.
void Requests::withdraw(Connection& client) {
    const bool ending = tree_.agent_ended() || tree_.ending();
    if (ending) return;
    char record[64];
    const int size = std::snprintf(record, sizeof record,
                                   "{\"id\":\"%" PRIu64 "\",\"withdrawn\":true}", client.open_ask);
    spool_.append(process::Stream::ask, record, static_cast<std::size_t>(size));
}

void Requests::refuse(Connection& client, const char* why) {
    client.send(wire::Message::refused, why, std::strlen(why));
    client.close_when_sent();
}

std::size_t Requests::open_asks() const {
    std::size_t count = 0;
    for (const Connection& client : clients_) count += client.open_ask != 0 ? 1 : 0;
    return count;
}

} // namespace agentcron::shim
