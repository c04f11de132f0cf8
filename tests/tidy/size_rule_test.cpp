#include "tidy/size_rule.hpp"

#include "support/catch.hpp"

using namespace agentcron::tidy;

namespace {

std::string lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "x;\n";
    return text;
}

SourceFile function_of(int count) {
    return {"src/a.cpp", "int f() {\n" + lines(count - 2) + "}\n"};
}

} // namespace

TEST_CASE("a file may have as many lines as the rule says, and no more", "[tidy]") {
    CHECK(check_sizes({{"src/a.sql", lines(file_lines_max)}}, {}).empty());
    CHECK(check_sizes({{"src/a.sql", lines(file_lines_max + 1)}}, {}).size() == 1);
}

TEST_CASE("a function may have as many lines as the rule says, and no more", "[tidy]") {
    CHECK(check_sizes({function_of(function_lines_max)}, {}).empty());
    const auto found = check_sizes({function_of(function_lines_max + 1)}, {});
    REQUIRE(found.size() == 1);
    CHECK(found[0].line == 1);
    CHECK(found[0].advice.starts_with("function \"f\" has 71 lines"));
}

TEST_CASE("an exception allows exactly its length", "[tidy]") {
    const std::vector<SizeException> exceptions{{"src/a.cpp", "f", 80}};
    CHECK(check_sizes({function_of(80)}, exceptions).empty());
    CHECK(check_sizes({function_of(81)}, exceptions).size() == 1);
    CHECK(check_sizes({function_of(79)}, exceptions).size() == 1);
}

TEST_CASE("an exception that is no longer needed is found", "[tidy]") {
    const std::vector<SizeException> exceptions{{"src/a.cpp", "f", 80}};
    CHECK(check_sizes({function_of(10)}, exceptions).size() == 1);
    CHECK(check_sizes({}, exceptions).size() == 1);
}

TEST_CASE("columns are characters, and Markdown may be wide", "[tidy]") {
    CHECK(check_columns({"a.cpp", std::string(100, 'x') + "\n"}).empty());
    CHECK(check_columns({"a.cpp", "\n" + std::string(101, 'x') + "\n"}).at(0).line == 2);
    CHECK(check_columns({"a.md", std::string(101, 'x')}).empty());
    std::string accents;
    for (int i = 0; i < 100; ++i) accents += "\xC3\xA9";
    CHECK(check_columns({"a.cpp", accents}).empty());
}

TEST_CASE("the median is of src, and one long file does not move it", "[tidy]") {
    const SourceFile small{"src/a.cpp", lines(10)};
    const SourceFile long_file{"src/b.cpp", lines(300)};
    CHECK(check_median({small, small, long_file}).empty());
    CHECK(check_median({small, long_file, long_file}).size() == 1);
    CHECK(check_median({{"tests/b.cpp", lines(300)}}).empty());
}
