#include "process/exit_record.hpp"

#include "process/state_parser.hpp"
#include "process/state_text.hpp"

namespace agentcron::process {
namespace {

base::Instant instant(std::int64_t micros) {
    return base::Instant(std::chrono::microseconds(micros));
}

} // namespace

std::string format_exit_record(const ExitRecord& record) {
    ExitText text;
    text.stage = record.stage.c_str();
    text.error = record.error;
    text.exit_code = record.exit_code.value_or(-1);
    text.signal = record.signal.value_or(-1);
    text.deadline_hit = record.deadline_hit;
    text.lease_over = record.lease_over;
    text.output_limit_hit = record.output_limit_hit;
    text.terminated = record.terminated;
    text.spool_bytes = record.spool_bytes;
    text.spool_stalls = record.spool_stalls;
    text.lost_bytes = record.lost_bytes;
    text.oom_kills = record.oom_kills;
    text.survivors = record.survivors;
    text.user_micros = record.user_micros;
    text.system_micros = record.system_micros;
    text.max_rss_kib = record.max_rss_kib;
    text.started_micros = record.started_at.time_since_epoch().count();
    text.ended_micros = record.ended_at.time_since_epoch().count();
    char bytes[state_text_bytes_max];
    return std::string(bytes, write_exit_text(text, bytes));
}

base::Result<ExitRecord, std::string> parse_exit_record(std::string_view text) {
    const auto state = parse_state(text, "agentcron-exit");
    if (!state) return {boost::system::in_place_error, state.error()};
    ExitRecord record;
    record.stage = state->text("stage");
    if (record.stage.empty()) return {boost::system::in_place_error, "it names no stage"};
    record.error = static_cast<int>(state->number("error"));
    if (state->has("exit_code")) record.exit_code = static_cast<int>(state->number("exit_code"));
    if (state->has("signal")) record.signal = static_cast<int>(state->number("signal"));
    record.deadline_hit = state->number("deadline_hit") != 0;
    record.lease_over = state->number("lease_over") != 0;
    record.output_limit_hit = state->number("output_limit_hit") != 0;
    record.terminated = state->number("terminated") != 0;
    record.spool_bytes = state->count("spool_bytes");
    record.spool_stalls = state->count("spool_stalls");
    record.lost_bytes = state->count("lost_bytes");
    record.oom_kills = state->count("oom_kills");
    record.survivors = state->count("survivors");
    record.user_micros = state->number("user_micros");
    record.system_micros = state->number("system_micros");
    record.max_rss_kib = state->number("max_rss_kib");
    record.started_at = instant(state->number("started_micros"));
    record.ended_at = instant(state->number("ended_micros"));
    return record;
}

} // namespace agentcron::process
