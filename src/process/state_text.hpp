// The texts of `exit` and `meta`: a first line that names the kind and version, "key value" lines,
// and a line "end" that proves the text is whole. Written by the shim, so no C++ library; read by
// exit_record.cpp and run_directory.cpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace agentcron::process {

// ExitRecord as the shim keeps it; see exit_record.hpp for what the fields mean.
struct ExitText {
    const char* stage = "ran";
    int error = 0;
    int exit_code = -1; // -1: none
    int signal = -1;    // -1: none
    bool deadline_hit = false;
    bool lease_over = false;
    bool output_limit_hit = false;
    bool terminated = false;
    std::uint64_t spool_bytes = 0;
    std::uint64_t spool_stalls = 0;
    std::uint64_t lost_bytes = 0;
    std::uint64_t survivors = 0;
    std::uint64_t oom_kills = 0;
    std::int64_t user_micros = 0;
    std::int64_t system_micros = 0;
    std::int64_t max_rss_kib = 0;
    std::int64_t started_micros = 0; // CLOCK_REALTIME
    std::int64_t ended_micros = 0;
};

// Who lives in a run directory. A pid is only trusted with its start time and the boot it is of.
struct MetaText {
    std::uint32_t version = 0; // of the protocol the shim speaks
    std::int64_t shim_pid = 0;
    std::uint64_t shim_start_ticks = 0; // field 22 of /proc/PID/stat
    std::int64_t agent_pid = 0;         // also its process group and session
    std::uint64_t agent_start_ticks = 0;
    char boot_id[40] = ""; // /proc/sys/kernel/random/boot_id
};

inline constexpr std::size_t state_text_bytes_max = 1024;

// Both fill `text` and return its length, without a terminating NUL.
std::size_t write_exit_text(const ExitText& exit, char (&text)[state_text_bytes_max]);
std::size_t write_meta_text(const MetaText& meta, char (&text)[state_text_bytes_max]);

// The start time in /proc/PID/stat's line; 0 if it is not such a line. The command's name, in
// parentheses, may hold anything, also spaces and parentheses.
std::uint64_t start_ticks_of_stat(const char* stat);

// Start time of a living process; 0 if there is none.
std::uint64_t start_ticks_of(std::int64_t pid);

// The id of this boot, or "" where it cannot be read.
void read_boot_id(char (&boot_id)[40]);

} // namespace agentcron::process
