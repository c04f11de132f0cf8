// One client of the shim's socket: a daemon, or an asker inside the agent. Cuts the bytes that come
// into messages and keeps those that go until the socket takes them. Never blocks.
#pragma once

#include "process/shim/byte_buffer.hpp"
#include "process/wire.hpp"

#include <cstdint>

namespace agentcron::shim {

struct MessageView {
    process::wire::Message type{};
    const char* bytes = nullptr; // valid until the message is dropped
    std::size_t size = 0;
};

class Connection {
public:
    bool is_open() const { return fd_ >= 0; }
    void open(int fd) { fd_ = fd; }
    void close();
    int fd() const { return fd_; }

    // What to poll for; 0: nothing now.
    short interest() const;
    // Takes in what has come, as far as there is room; returns how many bytes that were.
    std::size_t receive();
    std::size_t unreceived() const; // bytes that stand in the socket
    // Sends what waits; closes when `close_when_sent` was called and nothing is left.
    void flush();

    // The first whole message; false if there is none yet. Something that is no message hangs up.
    bool peek(MessageView& message);
    void drop(const MessageView& message);
    void send(process::wire::Message type, const void* bytes, std::size_t size);
    void close_when_sent() { closing_ = true; }

    // The other side is gone; whole messages may still be there to be read.
    bool hung_up() const { return hung_up_; }

    std::uint64_t open_ask = 0; // the id of the ask that waits for its reply here; 0: none
    bool attaching = false;     // it waits for hello

private:
    int fd_ = -1;
    bool hung_up_ = false;
    bool closing_ = false;
    ByteBuffer in_;
    ByteBuffer out_;
};

} // namespace agentcron::shim
