#include "process/state_text.hpp"

#include "process/wire.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace agentcron::process {
namespace {

// Reads a small file of /proc whole; the text is NUL-terminated. False if it cannot be read.
bool read_small(const char* path, char* text, std::size_t capacity) {
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const ssize_t size = ::read(fd, text, capacity - 1);
    ::close(fd);
    text[size > 0 ? size : 0] = '\0';
    return size > 0;
}

} // namespace

std::size_t write_exit_text(const ExitText& exit, char (&text)[state_text_bytes_max]) {
    char status[64] = "";
    if (exit.exit_code >= 0)
        std::snprintf(status, sizeof status, "exit_code %d\n", exit.exit_code);
    else if (exit.signal >= 0)
        std::snprintf(status, sizeof status, "signal %d\n", exit.signal);
    const int size = std::snprintf(
        text, sizeof text,
        "agentcron-exit %" PRIu32 "\nstage %s\nerror %d\n%s"
        "deadline_hit %d\nlease_over %d\noutput_limit_hit %d\nterminated %d\n"
        "spool_bytes %" PRIu64 "\nspool_stalls %" PRIu64 "\nlost_bytes %" PRIu64 "\n"
        "survivors %" PRIu64 "\noom_kills %" PRIu64 "\nuser_micros %" PRId64
        "\nsystem_micros %" PRId64 "\n"
        "max_rss_kib %" PRId64 "\nstarted_micros %" PRId64 "\nended_micros %" PRId64 "\nend\n",
        wire::protocol_version, exit.stage, exit.error, status, exit.deadline_hit, exit.lease_over,
        exit.output_limit_hit, exit.terminated, exit.spool_bytes, exit.spool_stalls,
        exit.lost_bytes, exit.survivors, exit.oom_kills, exit.user_micros, exit.system_micros,
        exit.max_rss_kib, exit.started_micros, exit.ended_micros);
    return static_cast<std::size_t>(size);
}

std::size_t write_meta_text(const MetaText& meta, char (&text)[state_text_bytes_max]) {
    const int size =
        std::snprintf(text, sizeof text,
                      "agentcron-meta %" PRIu32 "\nshim_pid %" PRId64 "\nshim_start_ticks %" PRIu64
                      "\nagent_pid %" PRId64 "\nagent_start_ticks %" PRIu64 "\nboot_id %s\nend\n",
                      meta.version, meta.shim_pid, meta.shim_start_ticks, meta.agent_pid,
                      meta.agent_start_ticks, meta.boot_id);
    return static_cast<std::size_t>(size);
}

std::uint64_t start_ticks_of_stat(const char* stat) {
    const char* at = std::strrchr(stat, ')');
    if (at == nullptr) return 0;
    // The name is field 2; the start time is field 22, so behind 20 more spaces.
    for (int field = 2; field < 22; ++field) {
        at = std::strchr(at + 1, ' ');
        if (at == nullptr) return 0;
    }
    return std::strtoull(at + 1, nullptr, 10);
}

std::uint64_t start_ticks_of(std::int64_t pid) {
    char path[48];
    char stat[1024];
    std::snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    return read_small(path, stat, sizeof stat) ? start_ticks_of_stat(stat) : 0;
}

void read_boot_id(char (&boot_id)[40]) {
    if (!read_small("/proc/sys/kernel/random/boot_id", boot_id, sizeof boot_id)) boot_id[0] = '\0';
    boot_id[std::strcspn(boot_id, "\n")] = '\0';
}

} // namespace agentcron::process
