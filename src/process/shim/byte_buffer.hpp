// A queue of bytes: appended at its end, consumed at its front. Empty buffers hold no memory, for
// most connections are idle most of the time.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace agentcron::shim {

class ByteBuffer {
public:
    ByteBuffer() = default;
    ByteBuffer(const ByteBuffer&) = delete;
    ByteBuffer& operator=(const ByteBuffer&) = delete;
    ~ByteBuffer() { std::free(bytes_); }

    const char* data() const { return bytes_ + front_; }
    std::size_t size() const { return back_ - front_; }
    bool empty() const { return front_ == back_; }

    // Aborts when there is no memory; the daemon then sees a lost shim and ends the agent's tree.
    void append(const void* bytes, std::size_t size) {
        if (size == 0) return;
        std::memcpy(reserve(size), bytes, size);
        back_ += size;
    }

    void consume(std::size_t size) {
        front_ += size;
        if (front_ == back_) clear();
    }

    void clear() {
        std::free(bytes_);
        bytes_ = nullptr;
        front_ = back_ = capacity_ = 0;
    }

private:
    char* reserve(std::size_t size) {
        if (back_ + size > capacity_ && front_ > 0) {
            std::memmove(bytes_, bytes_ + front_, back_ - front_);
            back_ -= front_;
            front_ = 0;
        }
        if (back_ + size > capacity_) {
            capacity_ = back_ + size > 2 * capacity_ ? back_ + size : 2 * capacity_;
            void* grown = std::realloc(bytes_, capacity_);
            if (grown == nullptr) std::abort();
            bytes_ = static_cast<char*>(grown);
        }
        return bytes_ + back_;
    }

    char* bytes_ = nullptr;
    std::size_t front_ = 0;
    std::size_t back_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace agentcron::shim
