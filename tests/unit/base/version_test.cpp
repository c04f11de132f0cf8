#include "base/version.hpp"
#include "support/catch.hpp"

TEST_CASE("the version is three numbers", "[unit][base]") {
    REQUIRE_FALSE(agentcron::base::version().empty());
    REQUIRE(std::count(agentcron::base::version().begin(), agentcron::base::version().end(), '.') ==
            2);
}
