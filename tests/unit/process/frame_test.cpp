#include "process/frame.hpp"

#include "process/wire.hpp"
#include "support/catch.hpp"

namespace agentcron::process {
namespace {

std::string mark(std::uint8_t kind, std::uint64_t missing_bytes) {
    const wire::CutMark mark{missing_bytes, kind, {}};
    return std::string(reinterpret_cast<const char*>(&mark), sizeof mark);
}

} // namespace

TEST_CASE("a cut says what it is and how much is missing", "[unit][process]") {
    for (const auto kind : {Cut::Kind::begins, Cut::Kind::goes_on, Cut::Kind::ends}) {
        const auto cut = read_cut(mark(static_cast<std::uint8_t>(kind), 1ull << 40));
        REQUIRE(cut.has_value());
        CHECK(cut->kind == kind);
        CHECK(cut->missing_bytes == 1ull << 40);
    }
}

TEST_CASE("a newer shim's cut is read as far as it is known", "[unit][process]") {
    CHECK(read_cut(mark(3, 5) + "more")->missing_bytes == 5);
    CHECK_FALSE(read_cut(mark(4, 5)).has_value());
    CHECK_FALSE(read_cut(mark(3, 5).substr(0, 15)).has_value());
}

} // namespace agentcron::process
