// What was told to a driver besides its agent's output: answers, messages, orders to end. With the
// spool it is all that a driver has heard, in order, so that the next daemon can bring another
// driver to where this one stands. A line is written before what follows from it is done; a torn
// last line is of something that was not done yet.
//
// A file of JSON lines in the run directory. It is not synced: it has to outlive this process, not
// the machine, with which the agent would be gone too. Room for what a run is usually told is taken
// at its start, so that a disk that fills up later does not tear it.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::engine {

struct JournalEntry {
    // The names stand in the files.
    enum class Kind {
        begin,        // a process that waited got its task
        after_events, // the driver was asked what is to be fed, and had something
        answer,       // `name`: the question as it is stored, `number`: its row, `text`
        no_answer,    // the same, without a text: nobody answered in time
        message,      // `number`: its row, `text`
        end,          // it is to end; `text`: why, as the attempt knows it
        idle,         // waits for a person from now on: not active time
        active,       // goes on
    };
    Kind kind{};
    std::uint64_t at = 0; // how far the spool had been read
    base::Millis boot{0}; // base::since_boot()
    std::string name{};
    std::int64_t number = 0;
    std::string text{};
};

std::string to_line(const JournalEntry& entry); // with its line break
// What can be read, up to the first line that cannot.
std::vector<JournalEntry> journal_from(std::string_view text);

class Journal {
public:
    static constexpr const char* file = "journal";

    // Appends to the file of that directory, which is made where it is missing. One that cannot be
    // opened or written logs that once, and the attempt goes on: it cannot be taken over then.
    explicit Journal(const std::filesystem::path& run_directory);
    // Everything that was added is there.
    bool is_whole() const { return static_cast<bool>(fd_); }

    // `entry.boot` is set to now.
    void add(JournalEntry entry);

private:
    void fail();

    std::filesystem::path path_;
    base::UniqueFd fd_;
};

// A file of a run directory, whole; "" if it is not there.
std::string read_run_file(const std::filesystem::path& run_directory, const char* name);
// Whole or not at all, 0600. False, and a line in the log: it could not be written.
bool write_run_file(const std::filesystem::path& run_directory, const char* name,
                    std::string_view text);

} // namespace agentcron::engine
