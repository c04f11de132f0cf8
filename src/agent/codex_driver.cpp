#include "agent/codex_driver.hpp"

#include "agent/codex_exec.hpp"
#include "agent/codex_server.hpp"

namespace agentcron::agent {

CodexDriver::CodexDriver() : spoken_(std::make_unique<codex::Server>()) {}

Start CodexDriver::start(const Brief& brief) {
    if (codex::Exec::is_in(brief.command)) spoken_ = std::make_unique<codex::Exec>();
    return spoken_->start(brief);
}

std::optional<Start> CodexDriver::start_ahead(const Setting& setting) {
    if (codex::Exec::is_in(setting.command)) return std::nullopt;
    return agent::start_ahead(*spoken_, setting);
}

std::optional<Feed> CodexDriver::begin(const Brief& brief) {
    return starts_ahead(*spoken_)->begin(brief);
}

void CodexDriver::receive(const Chunk& chunk, std::vector<Event>& events) {
    spoken_->receive(chunk, events);
}

void CodexDriver::end_of_output(std::vector<Event>& events) {
    spoken_->end_of_output(events);
}

Feed CodexDriver::answer(std::string_view native_id, std::string_view answer) {
    return spoken_->answer(native_id, answer);
}

Feed CodexDriver::no_answer(std::string_view native_id) {
    return spoken_->no_answer(native_id);
}

Feed CodexDriver::message(std::string_view text) {
    return spoken_->message(text);
}

Feed CodexDriver::cancel() {
    return spoken_->cancel();
}

Feed CodexDriver::park() {
    return spoken_->park();
}

Feed CodexDriver::after_events() {
    return spoken_->after_events();
}

Verdict CodexDriver::finish(const Exit& exit) {
    return spoken_->finish(exit);
}

} // namespace agentcron::agent
