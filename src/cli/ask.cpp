#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/rows.hpp"
#include "process/ask_client.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <cstring>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

namespace json = boost::json;

constexpr int parked_code = 75; // EX_TEMPFAIL of sysexits.h: come back later
constexpr const char* parked_words =
    "agentcron ask: nobody has answered yet. Stop now, with exit code 75: the task waits, and is "
    "started again when there is an answer. The same question, asked again, then prints it at once "
    "(it is also in AGENTCRON_ANSWER).\n";

struct AskOptions {
    std::string question;
    std::string detail;
    std::vector<std::string> choices;
    std::optional<std::string> default_answer;
    std::string wait;
    bool park = false;
};

std::string message_from(const AskOptions& options) {
    json::object message{{"text", options.question}};
    if (!options.detail.empty()) message["detail"] = options.detail;
    if (!options.choices.empty()) message["options"] = json::value_from(options.choices);
    if (options.default_answer) message["default"] = *options.default_answer;
    if (options.park) message["park"] = true;
    return json::serialize(message);
}

// A task that is parked has its agent ended politely, and this process with it.
void leave_when_ended(int) {
    const auto ignored = ::write(STDERR_FILENO, parked_words, std::strlen(parked_words));
    static_cast<void>(ignored);
    ::_exit(parked_code);
}

int parked() {
    fmt::print(stderr, "{}", parked_words);
    return parked_code;
}

int print_answer(const Invocation& invocation, const std::string& answer,
                 const std::string& reply) {
    write_out((invocation.json ? reply : answer) + "\n");
    return 0;
}

int print_default(const Invocation& invocation, const std::string& answer) {
    return print_answer(invocation, answer, json::serialize(json::object{{"answer", answer}}));
}

int go_on_without(const Invocation& invocation, const AskOptions& options) {
    if (options.default_answer) {
        fmt::print(stderr, "agentcron ask: nobody answered in time; the default is taken\n");
        return print_default(invocation, *options.default_answer);
    }
    fmt::print(stderr, "agentcron ask: nobody answered in time; go on without an answer\n");
    return 1;
}

int print_reply(const Invocation& invocation, const AskOptions& options, const std::string& reply) {
    boost::system::error_code error;
    const auto value = json::parse(reply, error);
    const auto* object = error ? nullptr : value.if_object();
    const auto* answer = object ? object->if_contains("answer") : nullptr;
    if (object && object->contains("parked")) return parked();
    if (object && object->contains("timed_out")) return go_on_without(invocation, options);
    if (!answer || !answer->is_string())
        throw std::runtime_error("the reply holds no answer: " + reply);
    return print_answer(invocation, std::string(answer->get_string()), reply);
}

int failed(const Invocation& invocation, const AskOptions& options,
           const process::AskError& error) {
    switch (error.kind) {
    case process::AskError::Kind::not_in_agent: throw UsageError(error.message);
    case process::AskError::Kind::ended: return parked();
    case process::AskError::Kind::timed_out:
        if (!options.default_answer)
            throw std::runtime_error("nobody answered within " + options.wait);
        fmt::print(stderr, "agentcron ask: nobody answered within {}; the default is taken\n",
                   options.wait);
        return print_default(invocation, *options.default_answer);
    case process::AskError::Kind::unreachable:
    case process::AskError::Kind::refused: break;
    }
    throw std::runtime_error(error.message);
}

int ask(const Invocation& invocation, const AskOptions& options) {
    std::optional<base::Millis> timeout;
    if (!options.wait.empty()) {
        const auto parsed = base::parse_duration(options.wait);
        if (!parsed) throw UsageError("--wait: " + parsed.error());
        timeout = *parsed;
    }
    std::signal(SIGTERM, leave_when_ended);
    const auto reply = process::ask(message_from(options), timeout);
    return reply ? print_reply(invocation, options, *reply)
                 : failed(invocation, options, reply.error());
}

} // namespace

void add_ask(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Inside an agent", "ask",
        "Ask a person and print the answer; exit code 75 means: stop now, it comes later",
        "  branch=$(agentcron ask \"Which branch?\" --option main --option next) || exit\n"
        "  agentcron ask \"Deploy to production?\" --option yes --option no --detail \"$(git log "
        "-3)\"\n"
        "  agentcron ask \"Go on?\" --default yes --wait 10m\n"
        "  agentcron ask \"Which customer?\" --park || exit   # does not wait at all\n"
        "Exit codes:\n"
        "  0   answered, or the default was taken: it stands on stdout\n"
        "  1   nobody answered in time and there is no default; the question is taken back\n"
        "  2   wrong usage, or not inside an agent\n"
        "  75  stop now and exit with 75 too: the task waits without a process and is started\n"
        "      again with the answer. The same question, asked again, then prints it at once\n"
        "Where an agent's tools have a time limit (Claude Code's Bash: two minutes) use --park.\n");
    auto options = std::make_shared<AskOptions>();
    command.add_option("QUESTION", options->question, "One line")->required();
    command.add_option("--option", options->choices, "An answer to choose from; may be repeated")
        ->option_text("TEXT")
        ->allow_extra_args(false);
    command.add_option("--default", options->default_answer, "The answer when nobody gives one")
        ->option_text("TEXT");
    command.add_option("--detail", options->detail, "What a person needs to know to answer")
        ->option_text("TEXT");
    command.add_flag("--park", options->park, "Leave at once; the task waits without a process");
    command.add_option("--wait,--timeout", options->wait, "Wait no longer than this: 90s, 10m, 2h")
        ->option_text("DURATION");
    set_action(command, invocation, [&invocation, options] { return ask(invocation, *options); });
}

} // namespace agentcron::cli
