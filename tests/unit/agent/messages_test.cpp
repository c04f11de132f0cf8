#include "agent/messages.hpp"

#include "agent/json_text.hpp"
#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::agent;

namespace {

Question question(std::string_view text) {
    return question_from(*parse_object(text), 7);
}
Result result(std::string_view text) {
    return result_from(*parse_object(text), text);
}

} // namespace

TEST_CASE("a question is read with all its members", "[unit][agent]") {
    const Question q = question(
        R"({"type":"question","id":"q1","text":"Which branch?","detail":"main is frozen",)"
        R"("options":["main",{"value":"next","label":"The next","description":"unstable"}],)"
        R"("default":"main","kind":"choice","park":true})");
    CHECK(q.native_id == "q1");
    CHECK(q.kind == "choice");
    CHECK(q.headline == "Which branch?");
    CHECK(q.body == "main is frozen");
    REQUIRE(q.options.size() == 2);
    CHECK(q.options[0].value == "main");
    CHECK(q.options[0].label == "main");
    CHECK(q.options[1].value == "next");
    CHECK(q.options[1].label == "The next");
    CHECK(q.options[1].description == "unstable");
    CHECK(q.default_option == "main");
    CHECK(q.park_at_once);
}

TEST_CASE("a poor question is still asked", "[unit][agent]") {
    const Question q = question(R"({"type":"question"})");
    CHECK(q.native_id == "question-7");
    CHECK(q.kind == "ask");
    CHECK(q.headline == "(the agent asked without words)");
    CHECK(q.options.empty());
    CHECK_FALSE(q.default_option);
    CHECK_FALSE(q.park_at_once);

    const Question odd = question(R"({"id":[1],"text":7,"question":"Ask?","options":{"a":1},)"
                                  R"("default":{},"kind":"riddle","park":"yes"})");
    CHECK(odd.native_id == "[1]");
    CHECK(odd.headline == "Ask?");
    CHECK(odd.kind == "ask");
    CHECK_FALSE(odd.park_at_once);
}

TEST_CASE("long words go to the body, the headline is one line", "[unit][agent]") {
    const Question two = question(R"({"text":"\n Merge?\nThe diff is long.","detail":"more"})");
    CHECK(two.headline == "Merge?");
    CHECK(two.body == "Merge?\nThe diff is long.\n\nmore");

    const std::string words(1'000, 'w');
    const Question wide = question(R"({"text":")" + words + R"("})");
    CHECK(wide.headline.size() == headline_bytes_max);
    CHECK(wide.body == words);
    CHECK(question(R"({"text":"a\u001b[2Jb\u0000c"})").headline == "a [2Jb\xEF\xBF\xBD"
                                                                   "c");
}

TEST_CASE("options are values, bounded and without nonsense", "[unit][agent]") {
    const Question q =
        question(R"({"options":[1,true,null,"",[],{"label":"Only label"},{"description":"x"},)"
                 R"({"value":3}]})");
    std::string values;
    for (const Option& option : q.options) values += option.value + "=" + option.label + ";";
    CHECK(values == "1=1;true=true;Only label=Only label;3=3;");
    CHECK(q.kind == "choice");

    std::string many = R"({"options":["x")";
    for (int i = 0; i < 10'000; ++i) many += R"(,"x")";
    CHECK(question(many + "]}").options.size() == 100);
}

TEST_CASE("a default that is not offered is dropped", "[unit][agent]") {
    CHECK_FALSE(question(R"({"options":["a"],"default":"b"})").default_option);
    CHECK(question(R"({"options":[1],"default":1})").default_option == "1");
    CHECK(question(R"({"default":"free text"})").default_option == "free text");
}

TEST_CASE("an approval offers yes and no by itself", "[unit][agent]") {
    const Question q = question(R"({"kind":"approve","text":"Delete?","default":"no"})");
    REQUIRE(q.options.size() == 2);
    CHECK(q.options[0].value == "yes");
    CHECK(q.default_option == "no");
}

TEST_CASE("a result has a summary of one line", "[unit][agent]") {
    CHECK(result(R"({"result":{"n":1.50},"summary":"all\ngood"})").summary == "all");
    CHECK(result(R"({"result":{"n":1.50}})").json == R"({"n":1.50})");
    CHECK(result(R"({"result":"first\nsecond"})").summary == "first");
    CHECK(result(R"({"result":3})").summary.empty());
    CHECK(result(R"({})").json.empty());
    CHECK(result(R"({"summary":")" + std::string(5'000, 'x') + R"("})").summary.size() ==
          headline_bytes_max);
}

TEST_CASE("a result is ok only if it says true or nothing", "[unit][agent]") {
    for (const auto* text : {R"({})", R"({"ok":true})", R"({"ok":null})"}) CHECK(result(text).ok);
    for (const auto* text : {R"({"ok":false})", R"({"ok":0})", R"({"ok":"true"})", R"({"ok":[]})"})
        CHECK_FALSE(result(text).ok);
}

TEST_CASE("usage takes numbers that make sense", "[unit][agent]") {
    const Usage usage =
        usage_from(*parse_object(R"({"cost_usd":0.25,"input_tokens":1200,"output_tokens":3.0})"));
    CHECK(usage.cost_usd == 0.25);
    CHECK(usage.input_tokens == 1'200);
    CHECK(usage.output_tokens == 3);
    const Usage odd =
        usage_from(*parse_object(R"({"cost_usd":-1,"input_tokens":"7","output_tokens":1e300})"));
    CHECK_FALSE(odd.cost_usd);
    CHECK_FALSE(odd.input_tokens);
    CHECK_FALSE(odd.output_tokens);
    CHECK_FALSE(usage_from(*parse_object(R"({"cost_usd":1e999})")).cost_usd);
}

TEST_CASE("kinds of rows are plain words", "[unit][agent]") {
    CHECK(kind_of(*parse_object(R"({"type":"tool"})")) == "tool");
    for (const auto* text :
         {R"({"type":"text"})", R"({"type":""})", R"({"type":"Tool use"})", R"({"type":"a'b"})",
          R"({"type":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})"})
        CHECK(kind_of(*parse_object(text)) == "message");
}
