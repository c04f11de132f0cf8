// Output on its way to the store: rows that wait for the next batch. Neighbouring raw chunks of one
// stream become one row, so that a program that writes byte by byte does not make a row per byte.
#pragma once

#include "agent/driver.hpp"
#include "process/frame.hpp"
#include "task/task_store.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace agentcron::engine {

class OutputBuffer {
public:
    static constexpr std::size_t row_bytes_max = 32 * 1024;    // of a row that was joined
    static constexpr std::size_t batch_bytes_good = 32 * 1024; // worth sending without waiting
    static constexpr std::size_t bytes_max = 1024 * 1024;      // no more is read from the spool

    void add(agent::Output output);
    std::vector<task::OutputRow> take();

    bool empty() const { return rows_.empty(); }
    bool is_full() const { return bytes_ >= bytes_max; }
    bool is_worth_sending() const { return bytes_ >= batch_bytes_good; }

private:
    std::vector<task::OutputRow> rows_;
    std::size_t bytes_ = 0;
};

// What a frame is to a driver; nullopt for what went in, which the driver wrote itself, and for
// what the shim says.
std::optional<agent::Stream> agent_stream(process::Stream stream);
// What output that is left out is to people, as a row of kind "cut"; "" = nothing.
std::string cut_in_words(const process::Cut& cut, std::uint64_t output_bytes_max);
std::string_view name(agent::Stream stream); // as in the column output.stream

} // namespace agentcron::engine
