#include "cli/answer_choice.hpp"
#include "support/catch.hpp"

using namespace agentcron::cli;

namespace {

const std::vector<AnswerOption> branches{{"main", "The main branch", ""}, {"next", "", "newest"}};

std::string chosen(std::string_view text, std::string_view kind = "choice",
                   const std::vector<AnswerOption>& options = branches) {
    return choose_answer(text, kind, options).value_or("refused");
}

} // namespace

TEST_CASE("an answer is a value, a label without case, or a number from 1", "[unit][cli]") {
    CHECK(chosen("next") == "next");
    CHECK(chosen("the MAIN branch") == "main");
    CHECK(chosen("1") == "main");
    CHECK(chosen("2") == "next");
}

TEST_CASE("a number that is itself a value is that value", "[unit][cli]") {
    const std::vector<AnswerOption> numbers{{"3", "", ""}, {"2", "", ""}, {"1", "", ""}};
    CHECK(chosen("1", "choice", numbers) == "1");
    CHECK(chosen("3", "choice", numbers) == "3");
}

TEST_CASE("a label that two options have decides nothing", "[unit][cli]") {
    const std::vector<AnswerOption> twins{{"a", "Same", ""}, {"b", "same", ""}};
    CHECK(chosen("same", "choice", twins) == "refused");
    CHECK(chosen("b", "choice", twins) == "b");
}

TEST_CASE("what is no option is refused for a choice or an approval", "[unit][cli]") {
    CHECK(chosen("mian", "choice") == "refused");
    CHECK(chosen("mian", "approve") == "refused");
    CHECK(chosen("0") == "refused");
    CHECK(chosen("3") == "refused");
    CHECK(chosen("-1") == "refused");
}

TEST_CASE("free text is passed on where options are only offered", "[unit][cli]") {
    CHECK(chosen("neither of them", "ask") == "neither of them");
    CHECK(chosen("anything", "choice", {}) == "anything");
    CHECK(chosen("", "ask") == "");
}

TEST_CASE("options are read from objects and from plain strings", "[unit][cli]") {
    const auto options = options_from(R"(["a", {"value": "b", "label": "B"}, {"label": "c"}, 7])");
    REQUIRE(options.size() == 2);
    CHECK(options[0].value == "a");
    CHECK(options[1].label == "B");
    CHECK(options_from("not json").empty());
    CHECK(options_from("{}").empty());
}

TEST_CASE("the default option is marked", "[unit][cli]") {
    CHECK(options_text(branches, "next") == "  1. main - The main branch\n"
                                            "  2. next: newest (default)\n");
}

TEST_CASE("a permission takes every clear decision and nothing else", "[unit][cli]") {
    const std::vector<AnswerOption> decisions{{"allow", "", ""}, {"deny", "", ""}};
    for (const auto* text : {"allow", "yes", "deny: use staging", "no",
                             R"({"allow":true,"input":{"command":"ls"}})"}) {
        INFO(text);
        CHECK(chosen(text, "approve", decisions) == text);
        CHECK(chosen(text, "plan", decisions) == text);
    }
    CHECK(chosen("maybe", "approve", decisions) == "refused");
    CHECK(chosen("yes", "approve") == "refused"); // it offers no decision
}

TEST_CASE("what is asked besides one choice is listed", "[unit][cli]") {
    CHECK(items_text("[]").empty());
    CHECK(items_text(R"([{"key":"Which?","text":"Which?","options":["a"]}])").empty());
    CHECK(items_text(R"([{"key":"Which?","text":"Which?","options":[{"value":"a"},{"value":"b"}]},)"
                     R"({"key":"n","text":"How many?","options":[]}])") ==
          "  Which?\n    - a\n    - b\n  n: How many?\n");
    CHECK(fields_text("").empty());
    CHECK(fields_text(R"({"properties":{"env":{"enum":["s","p"]},"n":{"type":"integer"}},)"
                      R"("required":["env"]})") == "  env: one of s, p, required\n  n: integer\n");
}
