#include "agent/line_framer.hpp"

#include "support/catch.hpp"

#include <vector>

using agentcron::agent::LineFramer;

namespace {

struct Taken {
    std::uint64_t position;
    std::string bytes;
    bool is_line;
    bool operator==(const Taken&) const = default;
};

void take(LineFramer& framer, std::vector<Taken>& pieces) {
    while (const auto piece = framer.next())
        pieces.push_back({piece->position, std::string(piece->bytes), piece->is_line});
}

// Everything a framer with limits of 8 and 4 bytes makes of a stream, cut at `cuts`.
std::vector<Taken> framed(std::string_view stream, const std::vector<std::size_t>& cuts) {
    LineFramer framer(8, 4);
    std::vector<Taken> pieces;
    std::size_t start = 0;
    for (std::size_t cut : cuts) {
        framer.push(100 + start, stream.substr(start, cut - start));
        take(framer, pieces);
        start = cut;
    }
    framer.push(100 + start, stream.substr(start));
    take(framer, pieces);
    if (const auto piece = framer.finish(999))
        pieces.push_back({piece->position, std::string(piece->bytes), piece->is_line});
    return pieces;
}

} // namespace

TEST_CASE("lines end at their newline and know its position", "[unit][agent]") {
    CHECK(framed("ab\n\nc\n", {}) ==
          std::vector<Taken>{{102, "ab\n", true}, {103, "\n", true}, {105, "c\n", true}});
    CHECK(framed("", {}).empty());
}

TEST_CASE("a last line without a newline comes at the end", "[unit][agent]") {
    CHECK(framed("ab\ncd", {}) == std::vector<Taken>{{102, "ab\n", true}, {999, "cd", true}});
}

TEST_CASE("an overlong line is passed on in raw pieces, the next one is a line", "[unit][agent]") {
    CHECK(framed("0123456\n", {}) == std::vector<Taken>{{107, "0123456\n", true}});
    CHECK(framed("0123456789abcdef\nx\n", {}) == std::vector<Taken>{{107, "01234567", false},
                                                                    {111, "89ab", false},
                                                                    {115, "cdef", false},
                                                                    {116, "\n", false},
                                                                    {118, "x\n", true}});
    CHECK(framed("0123456789", {}) ==
          std::vector<Taken>{{107, "01234567", false}, {999, "89", false}});
}

TEST_CASE("cutting a stream anywhere gives the same pieces", "[unit][agent]") {
    const std::string stream = std::string("a\n\n1234567\n0123456789abc\nxy\0z\n", 30) + "end";
    const auto whole = framed(stream, {});
    for (std::size_t first = 0; first <= stream.size(); ++first) {
        for (std::size_t second = first; second <= stream.size(); ++second) {
            CAPTURE(first, second);
            REQUIRE(framed(stream, {first, second}) == whole);
        }
    }
    std::vector<std::size_t> everywhere;
    for (std::size_t i = 1; i < stream.size(); ++i) everywhere.push_back(i);
    CHECK(framed(stream, everywhere) == whole);
}

TEST_CASE("a hundred megabytes on one line are never held together", "[unit][agent]") {
    const std::string chunk(64u << 10, 'x');
    LineFramer framer;
    std::size_t total = 0;
    std::size_t longest = 0;
    std::uint64_t position = 0;
    while (position < 100u << 20) {
        framer.push(position, chunk);
        position += chunk.size();
        while (const auto piece = framer.next()) {
            CHECK_FALSE(piece->is_line);
            total += piece->bytes.size();
            longest = std::max(longest, piece->bytes.size());
        }
    }
    CHECK(total == position);
    CHECK(longest == LineFramer::line_bytes_max);
}
