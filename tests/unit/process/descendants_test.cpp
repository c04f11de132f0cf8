#include "process/descendants.hpp"

#include "base/spawn.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>

namespace agentcron::process {

TEST_CASE("children are found by the kernel's list and by a scan", "[unit][process]") {
    std::vector<base::Child> children;
    for (int i = 0; i < 3; ++i) {
        auto child = base::spawn({.argv = {"/bin/sleep", "1000"}});
        REQUIRE(child.has_value());
        children.push_back(std::move(*child));
    }
    for (const auto find : {children_of, children_by_scan}) {
        pid_t found[16];
        const std::size_t count = find(::getpid(), found, 16);
        for (const base::Child& child : children)
            CHECK(std::count(found, found + count, child.pid) == 1);
        CHECK(find(::getpid(), found, 2) == 2);
        CHECK(find(children[0].pid, found, 16) == 0);
    }
    for (const base::Child& child : children) {
        CHECK(base::send_signal(child.pidfd, SIGKILL));
        CHECK(base::wait(child, base::Millis(30'000)).has_value());
    }
}

} // namespace agentcron::process
