#include "tidy/cpp_text.hpp"

#include "support/catch.hpp"

using namespace agentcron::tidy;

TEST_CASE("comments and the insides of literals are not code", "[tidy]") {
    const CppText text = scan_cpp("a(\"b // c\"); // d\n/* e\nf */ g('\"', 1'000);\n");
    CHECK(text.code == "a(\"      \");     \n    \n     g(' ', 1'000);\n");
    CHECK(text.unquoted == "a(\"      \"); // d\n/* e\nf */ g(' ', 1'000);\n");
}

TEST_CASE("a raw string ends at its own delimiter", "[tidy]") {
    const CppText text = scan_cpp("x = R\"sql(a \" )\" b\n)sql\"; y");
    REQUIRE(text.literals.size() == 1);
    CHECK(text.literals[0].text == "a \" )\" b\n");
    CHECK(text.code.ends_with("; y"));
}

TEST_CASE("literals that the compiler joins are one, with the line of the first", "[tidy]") {
    const CppText text = scan_cpp("f();\ng(\"a \"\n  \"b\", \"c\");\n");
    REQUIRE(text.literals.size() == 2);
    CHECK(text.literals[0].text == "a b");
    CHECK(text.literals[0].line == 2);
    CHECK(text.literals[1].text == "c");
}

TEST_CASE("an escaped quote does not end a literal", "[tidy]") {
    const CppText text = scan_cpp(R"(f("a\"b\\", c);)");
    REQUIRE(text.literals.size() == 1);
    CHECK(text.literals[0].text == R"(a\"b\\)");
}

TEST_CASE("lines are counted from one", "[tidy]") {
    CHECK(line_at("a\nb\nc", 0) == 1);
    CHECK(line_at("a\nb\nc", 4) == 3);
    CHECK(lines_of("a\n\nb").size() == 3);
}
