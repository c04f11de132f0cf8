#include "agent/json_text.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::agent;
using namespace std::string_view_literals;

namespace {

std::string member(std::string_view text, std::string_view key) {
    const auto object = parse_object(text);
    CAPTURE(text);
    REQUIRE(object);
    return member_json(text, *object, key);
}

} // namespace

TEST_CASE("only whole objects are objects", "[unit][agent]") {
    CHECK(parse_object("{}"));
    CHECK(parse_object(" \t{\"a\":1}\r\n"));
    for (const auto text :
         {""sv, " "sv, "1"sv, "[]"sv, "\"{}\""sv, "{"sv, "{}}"sv, "{} {}"sv, "{a:1}"sv,
          "{\"a\":\"\xFF\"}"sv, "{\"a\":\"\\ud800\"}"sv, "{\"a\0\":1}"sv, "{}\0"sv}) {
        CAPTURE(text);
        CHECK_FALSE(parse_object(text));
    }
}

TEST_CASE("nesting is bounded", "[unit][agent]") {
    const auto nested = [](std::size_t depth) {
        return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    CHECK(parse_object(nested(100)));
    CHECK_FALSE(parse_object(nested(1'000)));
    CHECK_FALSE(parse_object(R"({"a":)" + std::string(1'000'000, '[')));
}

TEST_CASE("a member keeps the text it was written in", "[unit][agent]") {
    CHECK(member(R"({"result": {"b" : 1.10, "a":[1, 2 ]} })", "result") ==
          R"({"b" : 1.10, "a":[1, 2 ]})");
    CHECK(member(R"({"x":{"result":1},"result":"a}\"]\\","y":2})", "result") == R"("a}\"]\\")");
    CHECK(member(R"({"result":12345678901234567890123})", "result") == "12345678901234567890123");
    CHECK(member(R"({"result":null})", "result") == "null");
    CHECK(member(R"({"result":true,"z":[]})", "result") == "true");
    CHECK(member(R"({"x":1})", "result").empty());
    CHECK(member(R"({"x":"result"})", "result").empty());
}

TEST_CASE("the last of equal keys is the one that all readers take", "[unit][agent]") {
    CHECK(member(R"({"result":1,"result":2})", "result") == "2");
    CHECK(parse_object(R"({"result":1,"result":2})")->at("result") == 2);
    CHECK(member(R"({"r\u0065sult":{"a":1}})", "result") == R"({"a":1})");
}

TEST_CASE("what the database would refuse is repaired", "[unit][agent]") {
    CHECK(member(R"({"result":"a\u0000b"})", "result") == "\"a\xEF\xBF\xBD"
                                                          "b\"");
    CHECK(member(R"({"result":{"k\u0000":[{"x":"\u0000"}]}})", "result") ==
          "{\"k\xEF\xBF\xBD\":[{\"x\":\"\xEF\xBF\xBD\"}]}");
    CHECK(member(R"({"result":[1e99999,-1e99999,1]})", "result") == "[null,null,1]");
    CHECK(member(R"({"result":"commit 1e99999"})", "result") == R"("commit 1e99999")");
}

TEST_CASE("text of members is plain", "[unit][agent]") {
    const auto object = *parse_object(R"({"s":"a\u0000b","n":1,"o":{"x":true}})");
    CHECK(text_member(object, "s") == "a\xEF\xBF\xBD"
                                      "b");
    CHECK(text_member(object, "n").empty());
    CHECK(text_member(object, "absent").empty());
    CHECK(plain_text(object.at("n")) == "1");
    CHECK(plain_text(object.at("o")) == R"({"x":true})");
}
