#include "agent/answers.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>

using namespace agentcron::agent;
namespace json = boost::json;

namespace {

const std::string deploy = R"({"type":"object","properties":{
    "env":{"type":"string","enum":["staging","production"]},
    "confirm":{"type":"boolean"},
    "count":{"type":"integer","minimum":1,"maximum":9},
    "share":{"type":"number"},
    "name":{"type":"string","minLength":2,"maxLength":4},
    "tags":{"type":"array","items":{"enum":["a","b"]}}},
    "required":["env"]})";

std::string fault(const std::string& answer) {
    const auto form = form_from(deploy, answer);
    return form ? "" : form.error();
}

std::vector<std::string> chosen(const Item& item, std::string_view answer) {
    return choices_from({item}, answer).at(0).values;
}

} // namespace

TEST_CASE("only clear words allow", "[unit][agent][answers]") {
    for (const auto* words : {"allow", "yes", "Y", " OK ", "approve", "accept"}) {
        INFO(words);
        CHECK(decision_from(words).allow);
        CHECK_FALSE(decision_from(words).for_session);
    }
    for (const auto* words : {"no", "deny", "maybe", "", "yes, but only on Fridays", "allow?",
                              R"({"allow":"true"})", "[true]"}) {
        INFO(words);
        CHECK_FALSE(decision_from(words).allow);
    }
    CHECK(decision_from("allow_session").for_session);
}

TEST_CASE("a denial keeps its reason", "[unit][agent][answers]") {
    CHECK(decision_from("deny: use staging").reason == "use staging");
    CHECK(decision_from("No, not yet").reason == "not yet");
    CHECK(decision_from("deny").reason.empty());
    CHECK(decision_from("ask Ann first").reason == "ask Ann first");
    CHECK(decision_from(R"({"allow":false,"reason":"later"})").reason == "later");
}

TEST_CASE("a decision may edit what it allows", "[unit][agent][answers]") {
    const auto decision = decision_from(R"({"allow":true,"input":{"command":"ls"}})");
    CHECK(decision.allow);
    CHECK(decision.input == json::value{{"command", "ls"}});
    CHECK_FALSE(decision_from(R"({"allow":false,"input":{}})").input);
}

TEST_CASE("options are named by value or label", "[unit][agent][answers]") {
    const Item one{.key = "k", .text = "Which?", .options = {{"r", "Red", ""}, {"b", "Blue", ""}}};
    CHECK(chosen(one, "blue") == std::vector<std::string>{"b"});
    CHECK(chosen(one, "r") == std::vector<std::string>{"r"});
    CHECK(chosen(one, "Red, Blue") == std::vector<std::string>{"Red, Blue"}); // his own words
    Item several = one;
    several.several = true;
    CHECK(chosen(several, "Red, blue") == std::vector<std::string>{"r", "b"});
    CHECK(chosen(several, R"({"k":["Blue","green"]})") == std::vector<std::string>{"b", "green"});
    CHECK(chosen(several, R"({"Which?":"Red"})") == std::vector<std::string>{"r"});
    CHECK(chosen(several, R"({"else":"Red"})").empty());
}

TEST_CASE("a form takes what its schema says", "[unit][agent][answers]") {
    CHECK(fault(R"({"env":"staging","confirm":true,"count":3,"share":0.5,"name":"abc"})").empty());
    CHECK(fault(R"({"env":"staging","unknown":1})").empty());
    CHECK(fault(R"({"env":"moon"})") == "env: expected one of staging, production");
    CHECK(fault(R"({"env":"staging","confirm":"yes"})") == "confirm: expected true or false");
    CHECK(fault(R"({"env":"staging","count":1.5})") == "count: expected a whole number");
    CHECK(fault(R"({"env":"staging","count":0})") == "count: expected at least 1");
    CHECK(fault(R"({"env":"staging","count":10})") == "count: expected at most 9");
    CHECK(fault(R"({"env":"staging","share":"x"})") == "share: expected a number");
    CHECK(fault(R"({"env":"staging","name":"ä"})") == "name: expected at least 2 characters");
    CHECK(fault(R"({"env":"staging","name":"abcde"})") == "name: expected at most 4 characters");
    CHECK(fault(R"({"env":"staging","tags":["a","c"]})") == "tags: expected one of a, b");
    CHECK(fault(R"({"confirm":true})") == "env: this field is required");
    CHECK(fault("staging") == "expected a JSON object with the form's fields, or decline");
    CHECK_FALSE(form_from(deploy, "Decline")->has_value());
}

TEST_CASE("a plain text fills a form of one field", "[unit][agent][answers]") {
    const auto age = R"({"properties":{"age":{"type":"integer"}}})";
    CHECK(*form_from(age, "42") == json::object{{"age", 42}});
    CHECK(form_from(age, "old").error() == "age: expected a whole number");
    const auto name = R"({"properties":{"name":{"type":"string"}}})";
    CHECK(*form_from(name, "42") == json::object{{"name", "42"}});
}

TEST_CASE("a page was dealt with unless it was declined", "[unit][agent][answers]") {
    CHECK(is_done("done"));
    CHECK_FALSE(is_done(" decline "));
}
