// Cuts one stream into lines, whatever the chunks it comes in. Memory is bounded: what is longer
// than line_bytes_max is no line of any protocol and is passed on in raw pieces.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agentcron::agent {

class LineFramer {
public:
    static constexpr std::size_t line_bytes_max = 8u << 20;
    static constexpr std::size_t raw_piece_bytes_max = 64u << 10;

    struct Piece {
        std::uint64_t position = 0; // of the piece's last byte
        std::string_view bytes;     // its newline included; good until the next call
        bool is_line = true;        // false: a part of an overlong line
    };

    // A limit other than the default is for tests.
    explicit LineFramer(std::size_t line_bytes = line_bytes_max,
                        std::size_t raw_piece_bytes = raw_piece_bytes_max)
        : line_bytes_max_(line_bytes), raw_piece_bytes_max_(raw_piece_bytes) {}

    // The next bytes, the first of them at `position`. Take every piece before pushing again; the
    // bytes must live until then.
    void push(std::uint64_t position, std::string_view bytes);
    std::optional<Piece> next();
    // What is left when no more bytes will come: a line without its newline. `position` becomes the
    // piece's, because its last byte may lie before pieces of other streams.
    std::optional<Piece> finish(std::uint64_t position);

private:
    std::optional<Piece> release(std::size_t taken, bool is_line);

    std::size_t line_bytes_max_;
    std::size_t raw_piece_bytes_max_;
    std::uint64_t position_ = 0; // of unread_'s first byte
    std::string_view unread_;
    std::string held_;         // the start of an incomplete piece
    bool held_is_out_ = false; // held_ was given to the caller and is to be dropped
    bool overlong_ = false;    // inside a line that is passed on raw
};

} // namespace agentcron::agent
