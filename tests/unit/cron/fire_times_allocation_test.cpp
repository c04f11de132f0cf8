// Proves that the search for fire times allocates nothing: counts calls of operator new.
#include "cron/fire_times.hpp"
#include "support.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
}

// The replaced operators of this test program. Not inlined: compilers would see new meet free().
// NOLINTBEGIN
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
// NOLINTEND

namespace agentcron {
namespace {

using namespace agentcron::test;

TEST_CASE("next and previous allocate nothing", "[unit][cron]") {
    const std::size_t before_probe = allocations;
    ::operator delete(::operator new(1));
    const std::size_t after_probe = allocations;
    REQUIRE(after_probe == before_probe + 1); // the counter works

    const cron::TimeZone& in = zone("America/New_York");
    for (const char* pattern :
         {"* * * * *", "30 2 * * *", "0 0 29 2 *", "0 0 30 2 *", "0 0 L-3W * +MON#1,FRI#L",
          "*/7 * * * * * 2026-2199/3", "0 0 8-31 * +MON#1", "@every 90m", "@reboot"}) {
        CAPTURE(pattern);
        const cron::Expression e = expression(pattern);
        auto time = at("2026-03-07");
        const std::size_t before = allocations;
        for (int i = 0; i < 100; ++i) {
            const auto following = cron::next(e, in, time);
            if (!following) break;
            time = *following;
        }
        for (int i = 0; i < 100; ++i) {
            const auto last = cron::previous(e, in, time);
            if (!last) break;
            time = *last;
        }
        const std::size_t after = allocations;
        CHECK(after == before);
    }
}

TEST_CASE("parsing a valid expression allocates nothing", "[unit][cron]") {
    const std::string text = "0,5,10-30/7 9-17 1,15,L * +MON#1,FRI#L";
    const std::size_t before = allocations;
    const bool good = cron::parse(text).has_value();
    const std::size_t after = allocations;
    CHECK(good);
    CHECK(after == before);
}

} // namespace
} // namespace agentcron
