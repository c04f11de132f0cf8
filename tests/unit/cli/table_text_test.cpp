#include "cli/table_text.hpp"
#include "support/catch.hpp"

using namespace agentcron::cli;

namespace {

TextTable three_columns(std::vector<std::vector<Cell>> rows) {
    return {{{"ID", true}, {"NAME"}, {"SUMMARY", false, true}}, std::move(rows)};
}

} // namespace

TEST_CASE("columns are as wide as their widest cell, numbers at their right", "[unit][cli]") {
    const auto table = three_columns({{{"7"}, {"nightly"}, {"done"}}, {{"1024"}, {"a"}, {"ok"}}});
    CHECK(format_table(table, {}) == "  ID  NAME     SUMMARY\n"
                                     "   7  nightly  done\n"
                                     "1024  a        ok\n");
}

TEST_CASE("a column in which every cell is empty is left out", "[unit][cli]") {
    CHECK(format_table(three_columns({{{"7"}, {""}, {"done"}}}), {}) == "ID  SUMMARY\n 7  done\n");
}

TEST_CASE("where the terminal is narrow only columns of words are cut", "[unit][cli]") {
    const auto table = three_columns({{{"7"}, {"nightly"}, {"a long story of what went on"}}});
    CHECK(format_table(table, {24, false}) == "ID  NAME     SUMMARY\n"
                                              " 7  nightly  a long sto…\n");
    // What cannot shrink is shown whole: the terminal wraps it.
    CHECK(format_table(table, {5, false}) == "ID  NAME     SUMMARY\n"
                                             " 7  nightly  a long …\n");
}

TEST_CASE("a cell shows its first line, and nothing of it steers the terminal", "[unit][cli]") {
    const auto table = three_columns({{{"7"}, {"a\x1b]0;x\x07"}, {"\n\nfirst\nsecond"}}});
    const auto text = format_table(table, {});
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\x07') == std::string::npos);
    CHECK(text.find("first\n") != std::string::npos);
    CHECK(text.find("second") == std::string::npos);
    CHECK(format_table(three_columns({{{"7"}, {"a\xC2\x9Bm"}, {"b"}}}), {}).find('\x9B') ==
          std::string::npos);
}

TEST_CASE("colours surround the text and not its padding", "[unit][cli]") {
    const TextTable table{{{"A", true}, {"B"}}, {{{"1"}, {"no", Colour::red}}}};
    const auto text = format_table(table, {0, true});
    CHECK(text.find("1  \x1b[31mno\x1b[0m\n") != std::string::npos);
    CHECK(format_table(table, {0, false}).find('\x1b') == std::string::npos);
}

TEST_CASE("wide and combining characters count as the terminal shows them", "[unit][cli]") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("日本") == 4);
    CHECK(display_width("e\xCC\x81") == 1);
    CHECK(display_width("\xFF\xFE") == 2);
    CHECK(cut_to_width("日本語", 6) == "日本語");
    CHECK(cut_to_width("日本語", 5) == "日本…");
    CHECK(cut_to_width("日本語", 4) == "日…");
}
