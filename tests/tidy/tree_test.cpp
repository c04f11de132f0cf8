// The rules, applied to this repository.
#include "tidy/tree.hpp"

#include "support/catch.hpp"
#include "tidy/exceptions.hpp"
#include "tidy/include_rule.hpp"
#include "tidy/layout_rule.hpp"
#include "tidy/size_rule.hpp"
#include "tidy/sql_rule.hpp"
#include "tidy/word_rule.hpp"

#include <algorithm>

namespace fs = std::filesystem;
using namespace agentcron::tidy;

namespace {

const fs::path top = AGENTCRON_SOURCE_DIR;

const std::vector<SourceFile>& tree() {
    static const std::vector<SourceFile> files = read_tree(top);
    return files;
}

void require_none(const Findings& findings) {
    std::string report;
    for (const Finding& finding : findings) {
        report += "\n" + finding.path + ":";
        if (finding.line > 0) report += std::to_string(finding.line) + ":";
        report += " " + finding.advice;
    }
    INFO(report);
    REQUIRE(findings.empty());
}

void require_none_in_each(std::string_view name, Findings (*rule)(const SourceFile&)) {
    Findings all;
    for (const SourceFile& file : tree())
        for (Finding& finding : rule(file)) all.push_back(std::move(finding));
    require_none(without_excepted(name, all, rule_exceptions()));
}

} // namespace

TEST_CASE("the tidy rules see this repository", "[tidy]") {
    const auto here = [](const SourceFile& f) { return f.path == "tests/tidy/tree_test.cpp"; };
    CHECK(std::any_of(tree().begin(), tree().end(), here));
    CHECK(tree().size() > 30);
}

TEST_CASE("includes follow the layers and libraries stay in their place", "[tidy]") {
    require_none(check_includes(tree()));
}

TEST_CASE("files and functions are no longer than the rule, but for known exceptions", "[tidy]") {
    require_none(check_sizes(tree(), size_exceptions()));
}

TEST_CASE("the median file is short", "[tidy]") {
    require_none(check_median(tree()));
}

TEST_CASE("lines fit the width", "[tidy]") {
    require_none_in_each("columns", check_columns);
}

TEST_CASE("nothing is left to do later", "[tidy]") {
    require_none_in_each("notes", check_notes);
}

TEST_CASE("nothing sleeps", "[tidy]") {
    require_none_in_each("sleeps", check_sleeps);
}

TEST_CASE("comments are not rulers", "[tidy]") {
    require_none_in_each("banners", check_banners);
}

TEST_CASE("SQL stands in its own files", "[tidy]") {
    require_none_in_each("sql", check_sql);
}

TEST_CASE("the top of the tree holds what it should", "[tidy]") {
    std::vector<std::string> entries;
    for (const auto& entry : fs::directory_iterator(top))
        entries.push_back(entry.path().filename().string());
    require_none(check_top_level(entries));
}

TEST_CASE("every unit test mirrors a file of src", "[tidy]") {
    std::vector<std::string> paths = list_files(top, "src");
    for (std::string& path : list_files(top, "tests/unit")) paths.push_back(std::move(path));
    require_none(without_excepted("mirror", check_unit_tests(paths), rule_exceptions()));
}

TEST_CASE("migrations are numbered without gaps", "[tidy]") {
    require_none(check_migrations(list_files(top, "migrations")));
}

TEST_CASE("the map of src names every folder", "[tidy]") {
    const auto map = std::find_if(tree().begin(), tree().end(),
                                  [](const SourceFile& f) { return f.path == "src/README.md"; });
    if (map != tree().end()) require_none(check_map(map->text, list_files(top, "src")));
}
