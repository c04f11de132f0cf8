// What is known of one run of agentcron under a nemesis: the tables as they are at its end, what
// the agents say that they did, and what was done to the system. Values only: the checker judges
// them, tests write them by hand.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace agentcron::chaos {

using Micros = std::int64_t;

// One attempt of one task: task id and number of its run.
using Run = std::pair<std::int64_t, int>;

// Due times are first_due + k * period, in UTC since the epoch.
struct Schedule {
    std::int64_t id = 0;
    std::string name{};
    Micros first_due = 0;
    Micros period = 0;
    Micros next_fire_at = 0; // at the end: all due times before it were dealt with
    bool one_at_a_time = true;
};

struct Task {
    std::int64_t id = 0;
    std::int64_t schedule_id = 0;      // 0: made by hand
    std::optional<Micros> fire_time{}; // as first_due
    std::optional<Micros> covers_from{};
    int fires_covered = 1;
    std::string status{};
    std::string reason{};
    int attempt = 0;
    int attempts_max = 1;
};

// What the table says. Its times are monotonic, as all below.
struct Attempt {
    Run run{};
    std::string outcome{}; // "": not ended
    std::string reason{};
    std::optional<int> exit_code{};
    std::string daemon{}; // the name of the one that ran it
    Micros started = 0;
    Micros finished = 0;
    std::string out{}; // its output, as stored
    std::string err{};
    int late_output_rows = 0; // written by a transaction that could see its end
    int late_changes = 0;     // of its row, after its end
    bool was_parking = false; // given back because the answer came while it was parked
};

// What an agent says of itself.
struct Account {
    Run run{};
    std::vector<Micros> starts{};
    Micros last = 0;                // the last sign of life
    std::vector<std::string> out{}; // lines, without their ends
    std::vector<std::string> err{};
    std::optional<std::string> answer{};
    std::optional<int> exit_code{};
};

struct Question {
    Run run{};
    std::string outcome{};
    std::string answer{};
    Micros closed = 0;
};

// A daemon could not work or reach the database: it was killed, stopped or cut off. An outage of
// the database is no silence of anyone.
struct Silence {
    std::string daemon{};
    Micros from = 0;
    Micros to = 0;
    bool died = false; // another process came after it
};

struct History {
    std::vector<Schedule> schedules{};
    std::map<std::int64_t, Task> tasks{};
    std::map<Run, Attempt> attempts{};
    std::map<Run, Account> accounts{};
    std::vector<Question> questions{};
    std::vector<std::int64_t> enqueued{}; // tasks by hand whose commit was acknowledged

    std::vector<Silence> silences{};
    std::vector<Run> killed_shims{};

    Micros healed = 0; // UTC, as first_due: from here on nothing was done to the system
    // After the last daemon was stopped.
    std::map<std::string, int> rows_left{}; // of tables that should be empty
    std::vector<std::string> processes_left{};
};

} // namespace agentcron::chaos
