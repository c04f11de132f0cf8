#include "engine/journal.hpp"

#include "support/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>

using namespace agentcron::engine;
using Kind = JournalEntry::Kind;

namespace {

std::string lines(const std::vector<JournalEntry>& entries) {
    std::string text;
    for (const auto& entry : entries) text += to_line(entry);
    return text;
}

} // namespace

TEST_CASE("what a driver was told is read back in its order", "[unit][engine]") {
    const std::vector<JournalEntry> told{
        {.kind = Kind::begin},
        {.kind = Kind::after_events, .at = 16, .boot = agentcron::base::Millis(5)},
        {.kind = Kind::answer, .at = 1ull << 40, .name = "q#2", .number = 7, .text = "a\n\"b\""},
        {.kind = Kind::no_answer, .name = "q"},
        {.kind = Kind::message, .number = 8, .text = "hi"},
        {.kind = Kind::end, .text = "{}"},
        {.kind = Kind::idle},
        {.kind = Kind::active}};
    const auto read = journal_from(lines(told));
    CHECK(lines(read) == lines(told));
    REQUIRE(read.size() == told.size());
    CHECK(read[2].at == 1ull << 40);
    CHECK(read[2].text == "a\n\"b\"");
    CHECK(read[1].boot.count() == 5);
}

TEST_CASE("a torn last line, and what stands behind a line of no kind, is not read",
          "[unit][engine]") {
    const auto whole = to_line({.kind = Kind::message, .number = 1});
    CHECK(journal_from(whole + whole.substr(0, whole.size() - 1)).size() == 1);
    CHECK(journal_from(whole + "{\"do\":\"dance\"}\n" + whole).size() == 1);
    CHECK(journal_from("no JSON\n").empty());
    CHECK(journal_from("").empty());
}

TEST_CASE("a journal goes on where another daemon left it", "[unit][engine]") {
    std::string pattern = (std::filesystem::temp_directory_path() / "agentcron-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    const std::filesystem::path directory = pattern;
    for (const int number : {1, 2}) {
        Journal journal(directory);
        journal.add({.kind = Kind::message, .number = number});
    }
    const auto read = journal_from(read_run_file(directory, Journal::file));
    REQUIRE(read.size() == 2);
    CHECK(read[0].number == 1);
    CHECK(read[1].boot >= read[0].boot);
    struct stat file {};
    REQUIRE(::stat((directory / Journal::file).c_str(), &file) == 0);
    CHECK((file.st_mode & 0777) == 0600);
    // A directory that is gone is no reason to stop the attempt.
    Journal nowhere(directory / "gone");
    nowhere.add({.kind = Kind::message});
    CHECK(read_run_file(directory / "gone", Journal::file).empty());
    std::filesystem::remove_all(directory);
}

TEST_CASE("a journal that misses an entry is not whole any more", "[unit][engine]") {
    char directory[] = "/tmp/agentcron-journal-XXXXXX";
    REQUIRE(::mkdtemp(directory) != nullptr);
    CHECK_FALSE(Journal(std::string(directory) + "/missing").is_whole());
    std::filesystem::create_symlink("/dev/full", std::string(directory) + "/" + Journal::file);
    Journal journal(directory);
    CHECK(journal.is_whole());
    journal.add({.kind = Kind::begin});
    CHECK_FALSE(journal.is_whole());
    std::filesystem::remove_all(directory);
}
