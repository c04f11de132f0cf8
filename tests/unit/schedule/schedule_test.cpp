#include "schedule/schedule.hpp"
#include "support/catch.hpp"

using namespace agentcron::schedule;

TEST_CASE("every policy has the name that it is read back from", "[unit][schedule]") {
    for (const Overlap value : {Overlap::skip, Overlap::allow})
        REQUIRE(overlap_from(name(value)) == value);
    for (const WhileWaiting value : {WhileWaiting::skip, WhileWaiting::allow})
        REQUIRE(while_waiting_from(name(value)) == value);
    for (const CatchUp value : {CatchUp::latest, CatchUp::all, CatchUp::none})
        REQUIRE(catch_up_from(name(value)) == value);
    REQUIRE(name(CatchUp::none) == "none");
    REQUIRE(name(Overlap::allow) == "allow");
    REQUIRE(overlap_names().size() == 2);
    REQUIRE(catch_up_names().size() == 3);
}

TEST_CASE("a name of no policy is nothing", "[unit][schedule]") {
    REQUIRE_FALSE(overlap_from("queue"));
    REQUIRE_FALSE(while_waiting_from(""));
    REQUIRE_FALSE(catch_up_from("Latest"));
}
