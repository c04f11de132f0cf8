#include "agent/line_framer.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <utility>

namespace agentcron::agent {

void LineFramer::push(std::uint64_t position, std::string_view bytes) {
    AGENTCRON_CHECK(unread_.empty(), "{} bytes not taken", unread_.size());
    position_ = position;
    unread_ = bytes;
}

std::optional<LineFramer::Piece> LineFramer::next() {
    if (std::exchange(held_is_out_, false)) {
        held_.clear();
        // One long line must not cost its memory for the rest of a quiet attempt.
        if (held_.capacity() > raw_piece_bytes_max_) held_.shrink_to_fit();
    }
    if (unread_.empty()) return std::nullopt;
    // A piece ends at its newline or at its limit, counted over all chunks: so the pieces are the
    // same however the stream was cut.
    const std::size_t limit = overlong_ ? raw_piece_bytes_max_ : line_bytes_max_;
    const std::string_view window = unread_.substr(0, limit - held_.size());
    const std::size_t newline = window.find('\n');
    if (newline != std::string_view::npos) {
        const bool is_line = !std::exchange(overlong_, false);
        return release(newline + 1, is_line);
    }
    if (held_.size() + window.size() == limit) {
        overlong_ = true;
        return release(window.size(), false);
    }
    held_ += window;
    position_ += window.size();
    unread_ = {};
    return std::nullopt;
}

// The held bytes and the next `taken` ones as one piece; without a copy where nothing is held.
std::optional<LineFramer::Piece> LineFramer::release(std::size_t taken, bool is_line) {
    Piece piece{position_ + taken - 1, unread_.substr(0, taken), is_line};
    if (!held_.empty()) {
        held_ += piece.bytes;
        held_is_out_ = true;
        piece.bytes = held_;
    }
    position_ += taken;
    unread_.remove_prefix(taken);
    return piece;
}

std::optional<LineFramer::Piece> LineFramer::finish(std::uint64_t position) {
    AGENTCRON_CHECK(unread_.empty(), "{} bytes not taken", unread_.size());
    if (held_is_out_ || held_.empty()) return std::nullopt;
    held_is_out_ = true;
    return Piece{position, held_, !overlong_};
}

} // namespace agentcron::agent
