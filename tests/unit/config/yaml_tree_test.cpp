#include "config/yaml_tree.hpp"

#include "reading.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::config;

namespace {

std::string parse_errors(const std::string& text) {
    const Source source("a.yaml", "/", text);
    ErrorList errors;
    const auto tree = parse_yaml(source, errors);
    std::string all;
    for (const Error& error : errors.take()) all += (all.empty() ? "" : "\n") + error.text();
    return all;
}

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

} // namespace

TEST_CASE("a text that is no YAML is refused in words that help", "[unit][config]") {
    struct Case {
        std::string text;
        std::string error;
    };
    const std::vector<Case> cases{
        {"cron: * * * * *\n", "a.yaml:1:7: a plain value cannot begin with '*'; put it in quotes: "
                              "\"* * * * *\""},
        {"  cron: */5 * * * * # often\n", "a.yaml:1:9: a plain value cannot begin with '*'; put "
                                          "it in quotes: \"*/5 * * * *\""},
        {"cron: @daily\n",
         "a.yaml:1:7: a plain value cannot begin with '@'; put it in quotes: \"@daily\""},
        {"prompt: Do this: \"now\"\n", "a.yaml:1:9: a plain value cannot hold ': '; put it in "
                                       "quotes: 'Do this: \"now\"'"},
        {"prompt: {{x}}\n", "a.yaml:1:10: a text that begins with '{{' needs quotes"},
        {"? [a]\n: b\n", "a.yaml:1:3: expected text as a key"},
        {"a:\n\tb: 1\n", "a.yaml:2:1: a tab indents this line; YAML is indented by spaces only"},
        {"a:\n  b: 1\n  \tc: 2\n",
         "a.yaml:3:3: a tab indents this line; YAML is indented by spaces only"},
        {"a: \"x\nb: 1\n", "a.yaml:1:4: this quote is never closed"},
        {"a: 'it''s\n", "a.yaml:1:4: this quote is never closed"},
        {"a: [1, 2\n", "a.yaml:2:1: a '[' is not closed before here"},
        {"a: {b: 1\n", "a.yaml:2:1: a '{' is not closed before here"},
        {"a:\n  - b\n c: 2\n", "a.yaml:3:2: this line is indented like nothing above it"},
        {"a: 1\n---\nb: 2\n", "a.yaml:2:1: a second YAML document starts here; expected one per "
                              "file: remove '---' or use another file"},
        {"a: !!binary aGk=\n", "a.yaml:1:4: the tag 'tag:yaml.org,2002:binary' is not supported; "
                               "expected none, or '!!str'"},
        {"a: !env HOME\n",
         "a.yaml:1:4: the tag '!env' is not supported; expected none, or '!!str'"},
        {"a: &x [*x]\n", "a.yaml:1:8: this alias stands inside the value that it names"},
        {"b:\n  <<: 1\n", "a.yaml:2:3: expected a map after '<<:', as in '<<: *name'"},
        {"a: 1\nb: 2\na: 3\n", "a.yaml:3:1: duplicate key 'a'; it already stands at line 1"},
        {"a: {b: 1, b: 2}\nb: 1\n", "a.yaml:1:11: duplicate key 'b'; it already stands at line 1"},
        {"a: \"\\0\"\n", "a.yaml:1:4: this value holds a NUL character; expected text"},
    };
    for (const Case& each : cases) CHECK(parse_errors(each.text) == each.error);
}

TEST_CASE("a file in another encoding is refused", "[unit][config]") {
    CHECK(parse_errors("a: 1\nb: caf\xE9\n") ==
          "a.yaml:2:7: this byte is not UTF-8; save the file as UTF-8");
    CHECK(parse_errors("\xFF\xFE"
                       "a") == "a.yaml:1:1: this byte is not UTF-8; save the file as UTF-8");
    CHECK(parse_errors("\xED\xA0\x80") ==
          "a.yaml:1:1: this byte is not UTF-8; save the file as UTF-8");
    CHECK(parse_errors(std::string("a: b\0c\n", 7)) ==
          "a.yaml:1:5: this is a NUL byte; expected a text file in UTF-8");
}

TEST_CASE("nesting is refused before it can exhaust the stack", "[unit][config]") {
    constexpr int deep = 100'000;
    for (const std::string& text :
         {repeated("[", deep), repeated("[", deep) + repeated("]", deep), repeated("{a: ", deep),
          repeated("- ", deep) + "x", repeated("? ", deep) + "x"}) {
        CHECK(parse_errors(text).ends_with(": nested deeper than 64 levels"));
    }
    CHECK(parse_errors(repeated("[", depth_max) + repeated("]", depth_max)) == "");
    CHECK(parse_errors(repeated("[", depth_max + 1) + repeated("]", depth_max + 1)) ==
          "a.yaml:1:65: nested deeper than 64 levels");
}

TEST_CASE("aliases that multiply cost nothing until they are copied", "[unit][config]") {
    // 2^40 texts, if anybody asked for them.
    std::string text = "x-0: &a0 [lol, lol]\n";
    for (int i = 1; i < 40; ++i)
        text += fmt::format("x-{}: &a{} [*a{}, *a{}]\n", i, i, i - 1, i - 1);
    CHECK(parse_errors(text) == "");
    const std::string params = "agents: {x: {command: [x]}}\n"
                               "schedules: {s: {cron: '@daily', agent: x, params: {p: *a39}}}\n";
    CHECK(errors_of(text + params).ends_with(": params hold more than 10000 values"));
}

TEST_CASE("merge keys that multiply are counted", "[unit][config]") {
    std::string text = "x-a: &a\n";
    for (int i = 0; i < 4000; ++i) text += fmt::format("  k{}: v\n", i);
    for (int i = 0; i < 300; ++i) text += fmt::format("x-{}: {{<<: *a}}\n", i);
    CHECK(parse_errors(text).ends_with(": the file holds more than 1000000 values"));
}

TEST_CASE("a chain of aliases as long as the file is taken down without recursion",
          "[unit][config]") {
    std::string text = "x-0: &a0 [x]\n";
    for (int i = 1; i < 20'000; ++i) text += fmt::format("x-{}: &a{} [*a{}]\n", i, i, i - 1);
    CHECK(parse_errors(text) == "");
    const std::string params = "agents: {x: {command: [x]}}\n"
                               "schedules: {s: {cron: '@daily', agent: x, params: {p: *a19999}}}\n";
    CHECK(errors_of(text + params).ends_with(": nested deeper than 64 levels"));
}

TEST_CASE("a tree knows where its parts stand", "[unit][config]") {
    const Source source("a.yaml", "/", "é: \"ü\"\nb:\n  - &x !!str 5\n");
    ErrorList errors;
    const auto tree = parse_yaml(source, errors);
    REQUIRE(tree.has_value());
    REQUIRE(tree->root->kind == Node::Kind::map);
    const Entry& first = tree->root->entries.at(0);
    REQUIRE(first.key == "é");
    REQUIRE_FALSE(first.value->plain);
    REQUIRE(source.position(first.value->offset).column == 4);
    const Node& item = *tree->root->find("b")->value->items.at(0);
    REQUIRE(item.text == "5");
    REQUIRE_FALSE(item.plain);
    REQUIRE(source.position(item.offset).line == 3);
    REQUIRE(source.position(item.offset).column == 14);
    REQUIRE(tree->root->find("c") == nullptr);
}
