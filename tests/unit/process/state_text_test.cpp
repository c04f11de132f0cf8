#include "process/state_parser.hpp"
#include "process/state_text.hpp"

#include "support/catch.hpp"

#include <unistd.h>

namespace agentcron::process {

TEST_CASE("meta comes back as it was written", "[unit][process]") {
    MetaText meta{1, 100, 200, 300, 400, "0b1c2d3e-0000-1111-2222-333344445555"};
    char text[state_text_bytes_max];
    const std::size_t size = write_meta_text(meta, text);
    const auto read = parse_meta(std::string_view(text, size));
    REQUIRE(read.has_value());
    CHECK(read->version == 1);
    CHECK(read->shim_pid == 100);
    CHECK(read->shim_start_ticks == 200);
    CHECK(read->agent_pid == 300);
    CHECK(read->agent_start_ticks == 400);
    CHECK(std::string(read->boot_id) == meta.boot_id);
    for (std::size_t cut = 0; cut < size; ++cut)
        CHECK_FALSE(parse_meta(std::string_view(text, cut)).has_value());
}

TEST_CASE("meta that names no processes, or all of them, is refused", "[unit][process]") {
    // Signals go to these numbers: 0, 1 and negative ones would hit everybody.
    for (const char* pid : {"0", "1", "-1", "x"}) {
        const std::string text =
            std::string("agentcron-meta 1\nshim_pid 5\nagent_pid ") + pid + "\nend\n";
        CHECK_FALSE(parse_meta(text).has_value());
    }
}

TEST_CASE("the start time is found behind any name of a command", "[unit][process]") {
    const std::string fields = " S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21\n";
    CHECK(start_ticks_of_stat(("77 (sh)" + fields).c_str()) == 4242);
    CHECK(start_ticks_of_stat(("77 (a) b (c)" + fields).c_str()) == 4242);
    CHECK(start_ticks_of_stat("77 (sh) S 1 2") == 0);
    CHECK(start_ticks_of_stat("") == 0);
    CHECK(start_ticks_of(::getpid()) > 0);
}

} // namespace agentcron::process
