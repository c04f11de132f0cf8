#include "tidy/functions.hpp"

#include "support/catch.hpp"

using namespace agentcron::tidy;

namespace {

std::vector<std::string> names(std::string_view source) {
    std::vector<std::string> result;
    for (const Function& function : functions_of(source)) result.push_back(function.name);
    return result;
}

} // namespace

TEST_CASE("a function counts from its head to its closing brace", "[tidy]") {
    const auto found = functions_of("int a;\n\nint f(int x,\n      int y) {\n    if (x) {\n"
                                    "    }\n    return y;\n}\nint b;\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].name == "f");
    CHECK(found[0].line == 3);
    CHECK(found[0].lines == 6);
}

TEST_CASE("functions are found in namespaces and classes", "[tidy]") {
    CHECK(names("namespace a { class B : public C<int> { int f() const override { return 1; } };\n"
                "void B::g() noexcept {}\n}") == std::vector<std::string>{"f", "B::g"});
    CHECK(names("struct alignas(64) X { int x; };\nstruct X* make(int n) { return 0; }\n") ==
          std::vector<std::string>{"make"});
}

TEST_CASE("a template's parameters do not hide its function", "[tidy]") {
    CHECK(names("template <class T, class U = V<int>>\nauto f(T t) -> int { return t; }") ==
          std::vector<std::string>{"f"});
    CHECK(names("template <class T> int C<T>::f() const { return 1; }") ==
          std::vector<std::string>{"::f"});
}

TEST_CASE("braces in a constructor's initialisers are not its body", "[tidy]") {
    const auto found = functions_of("A::A(int x) : a_{x}, b_(y), c_{} {\n    if (x) { f(); }\n}\n"
                                    "int g() { return 1; }\n");
    REQUIRE(found.size() == 2);
    CHECK(found[0].name == "A::A");
    CHECK(found[0].lines == 3);
}

TEST_CASE("a table of values is not a function", "[tidy]") {
    CHECK(names("const std::vector<P> table = {{f(1), 2}, {g(3), 4}};\n"
                "constexpr std::array<int, 2> pair{{1, 2}};\nenum class E { a, b };\n")
              .empty());
}

TEST_CASE("a default argument in braces belongs to the head", "[tidy]") {
    CHECK(names("int f(A a = {}, B b = B{1}) { return 1; }\nint g() { return 2; }\n") ==
          std::vector<std::string>{"f", "g"});
}

TEST_CASE("a lambda kept in a variable is a function, one inside a function is not", "[tidy]") {
    CHECK(names("const auto f = [](int x) { return x; };").size() == 1);
    CHECK(names("int f() { auto g = [](int x) { return x; }; return g(1); }").size() == 1);
}

TEST_CASE("a test case is named by its sentence", "[tidy]") {
    CHECK(names("TEST_CASE(\"it works\", \"[a]\") { f(); }") ==
          std::vector<std::string>{"it works"});
}

TEST_CASE("braces in strings, comments and directives do not count", "[tidy]") {
    const auto found = functions_of("#define A(x) \\\n    if (x) {\nint f() {\n"
                                    "    g(\"{\", '{'); // {\n}\nint h() { return 1; }\n");
    REQUIRE(found.size() == 2);
    CHECK(found[0].lines == 3);
}
