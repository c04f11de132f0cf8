#include "agent/command_driver.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent {

namespace {

// Linux takes at most 128 KiB in one string of the environment.
constexpr std::size_t variable_bytes_max = 32u << 10;

std::string variable(std::string_view name, std::string_view value) {
    std::string text = fmt::format("{}={}", name, base::utf8_prefix(value, variable_bytes_max));
    std::replace(text.begin(), text.end(), '\0', ' '); // would end the variable
    return text;
}

std::string resumed_prompt(const Brief& brief) {
    std::string text = brief.prompt;
    for (const auto& one : brief.answers) {
        if (!text.empty() && !text.ends_with('\n')) text += '\n';
        text += fmt::format("\nYou asked earlier:\n{}\n\n", one.question);
        text += one.expired ? "Nobody answered in time. Go on without an answer.\n"
                            : fmt::format("The answer:\n{}\n", one.answer);
    }
    return text;
}

} // namespace

Start CommandDriver::start(const Brief& brief) {
    Start start;
    conversation_.begin(brief);
    start.stdin_bytes = brief.answered() ? resumed_prompt(brief) : brief.prompt;
    if (!brief.session_id.empty())
        start.env.push_back(variable("AGENTCRON_SESSION_ID", brief.session_id));
    if (brief.answered()) {
        start.env.push_back(variable("AGENTCRON_QUESTION_ID", brief.answered()->question_id));
        start.env.push_back(variable("AGENTCRON_QUESTION", brief.answered()->question));
        start.env.push_back(variable("AGENTCRON_ANSWER", brief.answered()->answer));
        if (brief.answered()->expired) start.env.push_back("AGENTCRON_ANSWER_TIMED_OUT=1");
    }
    if (!brief.results.empty()) {
        start.env.push_back("AGENTCRON_RESULTS_FILE=" + brief.results_file);
        // Half a JSON text would be worse than none.
        if (brief.results.size() <= variable_bytes_max)
            start.env.push_back("AGENTCRON_RESULTS=" + brief.results);
    }
    return start;
}

void CommandDriver::receive(const Chunk& chunk, std::vector<Event>& events) {
    conversation_.receive(chunk, events);
}

void CommandDriver::end_of_output(std::vector<Event>& events) {
    conversation_.end_of_output(events);
}

Feed CommandDriver::answer(std::string_view native_id, std::string_view answer) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", answer}});
    return feed;
}

Feed CommandDriver::no_answer(std::string_view native_id) {
    Feed feed;
    feed.reply = conversation_.take_ask(native_id, {{"answer", nullptr}, {"timed_out", true}});
    return feed;
}

// Its stdin is closed: it hears nothing but signals.
Feed CommandDriver::message(std::string_view) {
    return {};
}
Feed CommandDriver::cancel() {
    return {};
}
Feed CommandDriver::after_events() {
    Feed feed;
    feed.reply = conversation_.take_due_reply();
    return feed;
}

Verdict CommandDriver::finish(const Exit& exit) {
    if (auto verdict = conversation_.verdict_against_success(exit))
        return because_of(conversation_.limit(), std::move(*verdict));
    return {Verdict::Kind::succeeded, "", ""};
}

} // namespace agentcron::agent
