// Rows of the queue's statements as values of schedule/admission.hpp.
#pragma once

#include "db/values.hpp"
#include "schedule/admission.hpp"

namespace agentcron::db {

// A row at the head of the queue.
struct Picked {
    schedule::Candidate candidate;
    bool is_chain = false;
    std::vector<std::string> keys; // that its end makes room under
};
std::vector<Picked> picked_from(const pqxx::result& rows);

// What has to be known before candidates are admitted; nothing where nothing limits them.
struct Questions {
    std::vector<std::string> keys; // to be locked; sorted, each once
    std::vector<std::string> slot_keys;
    std::vector<std::int64_t> schedule_ids;
    bool served_since = false;
};
Questions what_to_ask(const std::vector<schedule::Candidate>& candidates, base::Instant now);

void add_unfinished(const pqxx::result& rows, schedule::Facts& facts);
void add_slots(const pqxx::result& rows, schedule::Facts& facts);

using OptionalTexts = std::vector<std::optional<std::string>>;
std::optional<std::string> optional_number(const std::optional<std::int64_t>& number);

// The key of rows in `ready`.
struct QueueArrays {
    std::vector<std::int64_t> task_ids;
    std::vector<std::string> turns;
    void add(const Picked& picked);
};

} // namespace agentcron::db
