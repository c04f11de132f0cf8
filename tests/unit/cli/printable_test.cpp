#include "cli/printable.hpp"
#include "support/catch.hpp"

using namespace agentcron::cli;

TEST_CASE("text, line breaks and tabs pass, controls are spelt out", "[unit][cli]") {
    CHECK(printable("a\tb\nüñ\n") == "a\tb\nüñ\n");
    CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
    CHECK(printable(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
    CHECK(printable("\xC2\x9B") == "\\xc2\\x9b");
    CHECK(printable("\xFF") == "\\xff");
    CHECK(printable("dos\r\n") == "dos\n");
    CHECK(printable("over\rwritten") == "over\\x0dwritten");
}

TEST_CASE("colours may pass, nothing else of the escape sequences", "[unit][cli]") {
    CHECK(printable("\x1b[1;31mred\x1b[0m", Keep::colours) == "\x1b[1;31mred\x1b[0m");
    CHECK(printable("\x1b[2J", Keep::colours) == "\\x1b[2J");
    CHECK(printable("\x1b]0;title\x07", Keep::colours) == "\\x1b]0;title\\x07");
}

TEST_CASE("an incomplete character or colour at the end is found", "[unit][cli]") {
    CHECK(incomplete_tail("abc") == 0);
    CHECK(incomplete_tail("abc\xE6\x97") == 2);
    CHECK(incomplete_tail("日") == 0);
    CHECK(incomplete_tail("abc\x1b") == 1);
    CHECK(incomplete_tail("abc\x1b[1;3") == 5);
    CHECK(incomplete_tail("abc\x1b[1m") == 0);
    CHECK(incomplete_tail("\xFF") == 0);
}

TEST_CASE("every line is indented", "[unit][cli]") {
    CHECK(indented_text("a\nb\n", 2) == "  a\n  b");
}
