#include "base/program_path.hpp"

#include "support/catch.hpp"

using namespace agentcron::base;

TEST_CASE("a program is found in the first directory of the path that has it", "[unit][base]") {
    CHECK(find_program("sh", "/nowhere::/bin") == "/bin/sh");
    CHECK_FALSE(find_program("sh", "/nowhere"));
    CHECK_FALSE(find_program("sh", ""));
    CHECK_FALSE(find_program("", "/bin"));
}

TEST_CASE("a program with a slash is not searched, and must be an executable file",
          "[unit][base]") {
    CHECK(find_program("/bin/sh", "") == "/bin/sh");
    CHECK_FALSE(find_program("/etc/passwd", "/bin"));
    CHECK_FALSE(find_program("/bin", "/bin"));
    CHECK_FALSE(find_program("./sh", "/bin"));
}
