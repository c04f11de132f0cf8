#include "engine/disk_watch.hpp"

#include "support/catch.hpp"

using agentcron::base::DiskRoom;
using agentcron::engine::DiskWatch;
using News = DiskWatch::News;

TEST_CASE("a disk that is used up is news once, and so is its room", "[unit][engine]") {
    DiskWatch watch;
    const DiskRoom roomy{.bytes = 1u << 30}, full{.bytes = 4096};
    CHECK_FALSE(watch.look(roomy));
    CHECK(watch.look(full) == News::full);
    CHECK_FALSE(watch.look(full));
    CHECK(watch.look(roomy) == News::has_room);
    CHECK_FALSE(watch.look(roomy));
}

TEST_CASE("a disk without inodes is full however many bytes it has", "[unit][engine]") {
    DiskWatch watch;
    CHECK(watch.look({.bytes = 1u << 30, .files = 3}) == News::full);
    CHECK(watch.look({.bytes = 1u << 30, .files = 3000}) == News::has_room);
}

TEST_CASE("a read-only disk is told from a full one", "[unit][engine]") {
    DiskWatch watch;
    CHECK(watch.look({.bytes = 4096, .is_read_only = true}) == News::read_only);
    CHECK(watch.look({.bytes = 4096}) == News::full);
    CHECK(watch.look({.bytes = 1u << 30}) == News::has_room);
}

TEST_CASE("a little that was freed on a full disk is no room yet", "[unit][engine]") {
    DiskWatch watch;
    watch.look({.bytes = 4096});
    CHECK_FALSE(watch.look({.bytes = (1u << 20) + 4096}));
    CHECK(watch.look({.bytes = 3u << 20}) == News::has_room);
}
