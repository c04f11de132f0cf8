#include "engine/output_buffer.hpp"

#include <spdlog/fmt/fmt.h>
#include <utility>

namespace agentcron::engine {

std::optional<agent::Stream> agent_stream(process::Stream stream) {
    switch (stream) {
    case process::Stream::out: return agent::Stream::out;
    case process::Stream::err: return agent::Stream::err;
    case process::Stream::event: return agent::Stream::event;
    case process::Stream::ask: return agent::Stream::ask;
    case process::Stream::in:
    case process::Stream::reply:
    case process::Stream::cut: return std::nullopt;
    }
    return std::nullopt;
}

std::string cut_in_words(const process::Cut& cut, std::uint64_t output_bytes_max) {
    switch (cut.kind) {
    case process::Cut::Kind::begins:
        return fmt::format("half of limits.output ({} bytes) is written: what follows is kept back "
                           "until the run is over, and then its end is shown here",
                           output_bytes_max);
    case process::Cut::Kind::goes_on: return "";
    case process::Cut::Kind::ends: break;
    }
    if (cut.missing_bytes == 0) return "";
    return fmt::format("{} bytes are left out here: more was written than limits.output ({} bytes)",
                       cut.missing_bytes, output_bytes_max);
}

std::string_view name(agent::Stream stream) {
    switch (stream) {
    case agent::Stream::out: return "out";
    case agent::Stream::err: return "err";
    case agent::Stream::event: return "event";
    case agent::Stream::ask: return "ask";
    }
    return "";
}

void OutputBuffer::add(agent::Output output) {
    bytes_ += output.body.size();
    const auto stream = name(output.stream);
    if (!rows_.empty() && output.kind == "text") {
        auto& last = rows_.back();
        if (last.kind == "text" && last.stream == stream &&
            last.body.size() + output.body.size() <= row_bytes_max) {
            last.body += output.body;
            last.seq = output.position; // a row's key is the position of its last byte
            return;
        }
    }
    rows_.push_back({.seq = output.position,
                     .at = output.at,
                     .stream = std::string(stream),
                     .kind = std::move(output.kind),
                     .body = std::move(output.body)});
}

std::vector<task::OutputRow> OutputBuffer::take() {
    bytes_ = 0;
    return std::exchange(rows_, {});
}

} // namespace agentcron::engine
