#include "config/size.hpp"
#include "support/catch.hpp"

using agentcron::config::parse_size;
using agentcron::config::size_max;

TEST_CASE("sizes are numbers with binary units", "[unit][config]") {
    CHECK(*parse_size("1") == 1);
    CHECK(*parse_size("65536") == 65536);
    CHECK(*parse_size("4K") == 4096);
    CHECK(*parse_size("256M") == 256ull << 20);
    CHECK(*parse_size("3G") == 3ull << 30);
    CHECK(*parse_size("1024T") == size_max);
}

TEST_CASE("what is no size is refused", "[unit][config]") {
    const auto error = [](std::string_view text) {
        const auto size = parse_size(text);
        return size ? "" : size.error();
    };
    const std::string units = " is not a size: the units are K, M, G and T, like 256M";
    const std::string number =
        " is not a size: expected a number with a unit (K, M, G, T), like 256M";
    CHECK(error("10Q") == "'10Q'" + units);
    CHECK(error("10k") == "'10k'" + units);
    CHECK(error("10MB") == "'10MB'" + units);
    CHECK(error("1.5G") == "'1.5G'" + units);
    CHECK(error("") == "''" + number);
    CHECK(error("M") == "'M'" + number);
    CHECK(error("-1") == "'-1'" + number);
    CHECK(error("+1") == "'+1'" + number);
    CHECK(error("0") == "'0' is not a size: expected more than nothing");
    CHECK(error("1025T") == "'1025T' is not a size: it is larger than 1024T");
    CHECK(error("99999999999999999999") ==
          "'99999999999999999999' is not a size: it is larger than 1024T");
}
