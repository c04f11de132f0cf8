#include "process/ask_text.hpp"

#include "support/catch.hpp"

#include <limits>
#include <string>

namespace agentcron::process {
namespace {

std::string with_id(const std::string& json, std::uint64_t id, std::size_t capacity = 1000) {
    std::string out(capacity, '\0');
    out.resize(write_with_id(json.data(), json.size(), id, out.data(), capacity));
    return out;
}

} // namespace

TEST_CASE("an id becomes the last member of an object", "[unit][process]") {
    CHECK(with_id("{}", 1) == R"({"id":"1"})");
    CHECK(with_id(" {\n} \n", 2) == R"({"id":"2"})");
    CHECK(with_id(R"({"q":"}"})", 3) == R"({"q":"}","id":"3"})");
    CHECK(with_id("{\"a\":{} }\n", 4) == R"({"a":{},"id":"4"})");
    CHECK(with_id(R"({"id":"99"})", 5) == R"({"id":"99","id":"5"})");
    CHECK(with_id("{}", std::numeric_limits<std::uint64_t>::max()) ==
          R"({"id":"18446744073709551615"})");
}

TEST_CASE("text that is no object gets no id", "[unit][process]") {
    for (const char* text : {"", " ", "{", "}", "[]", "null", "\"{}\"", "x{}"})
        CHECK(with_id(text, 1).empty());
}

TEST_CASE("an object that does not fit with its id is not cut", "[unit][process]") {
    CHECK(with_id("{}", 1, 10) == R"({"id":"1"})");
    CHECK(with_id("{}", 1, 9).empty());
    CHECK(std::string(R"(,"id":"18446744073709551615")").size() <= id_text_bytes_max);
}

} // namespace agentcron::process
