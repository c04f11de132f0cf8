#include "config/params.hpp"
#include "reading.hpp"

#include <boost/json.hpp>

using namespace agentcron::config;

namespace {

std::string as_json(const std::string& yaml) {
    const Source source("a.yaml", "/", "v: " + yaml + "\n");
    ErrorList errors;
    const auto tree = parse_yaml(source, errors);
    REQUIRE(tree.has_value());
    const auto params = params_to_json(tree->root->entries, source, errors);
    if (!params) return errors.take().front().text();
    return boost::json::serialize(params->at("v"));
}

} // namespace

TEST_CASE("a plain value is what JSON reads it as, any other is text", "[unit][config]") {
    CHECK(as_json("1") == "1");
    CHECK(as_json("-5") == "-5");
    CHECK(as_json("18446744073709551615") == "18446744073709551615");
    CHECK(as_json("2.5") == "2.5E0");
    CHECK(as_json("1e3") == "1E3");
    CHECK(as_json("true") == "true");
    CHECK(as_json("False") == "false");
    CHECK(as_json("~") == "null");
    CHECK(as_json("null") == "null");
    CHECK(as_json("") == "null");
    for (const std::string text :
         {"007", "+1", "0x1F", "1_000", ".5", "1.", "yes", "off", "NaN", ".inf", "2026-01-31",
          "12:30", "1.2.3", "1e", "0.12345678901234567890"}) {
        CHECK(as_json(text) == "\"" + text + "\"");
    }
}

TEST_CASE("a quoted value is text", "[unit][config]") {
    CHECK(as_json("'1'") == "\"1\"");
    CHECK(as_json("\"true\"") == "\"true\"");
    CHECK(as_json("!!str 1") == "\"1\"");
    CHECK(as_json("|\n  1") == "\"1\\n\"");
    CHECK(as_json("''") == "\"\"");
}

TEST_CASE("lists and maps nest, with any keys below the first level", "[unit][config]") {
    CHECK(as_json("[1, [a], {}]") == R"([1,["a"],{}])");
    CHECK(as_json("{a b: {1: x}}") == R"({"a b":{"1":"x"}})");
}
