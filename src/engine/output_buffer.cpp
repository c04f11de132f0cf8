#include "engine/output_buffer.hpp"

#include <utility>

namespace agentcron::engine {

std::optional<agent::Stream> agent_stream(process::Stream stream) {
    switch (stream) {
    case process::Stream::out: return agent::Stream::out;
    case process::Stream::err: return agent::Stream::err;
    case process::Stream::event: return agent::Stream::event;
    case process::Stream::ask: return agent::Stream::ask;
    case process::Stream::in:
    case process::Stream::reply: return std::nullopt;
    }
    return std::nullopt;
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
