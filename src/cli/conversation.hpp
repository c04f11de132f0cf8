// The conversation of a task, read from the database a batch at a time.
#pragma once

#include "cli/turns.hpp"
#include "db/client.hpp"

#include <cstdint>

namespace agentcron::cli {

// `attempts` and `questions` are the rows of cli_attempts and cli_questions, `messages` those of
// cli_messages, of that task.
void read_turns(db::Client& client, std::int64_t task_id, const db::Table& attempts,
                const db::Table& questions, const db::Table& messages, const Turns::Sink& sink);

} // namespace agentcron::cli
