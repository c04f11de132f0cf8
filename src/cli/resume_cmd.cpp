#include "agent/takeover.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/database.hpp"
#include "cli/errors.hpp"
#include "cli/json_text.hpp"
#include "cli/rows.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <memory>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace {

namespace json = boost::json;

std::string this_host() {
    char name[256] = "";
    ::gethostname(name, sizeof name - 1);
    return name;
}

agent::Profile profile_of(const db::Table& row) {
    const auto& name = *row.at(0, "agent");
    if (!row.at(0, "driver"))
        throw NotFound(fmt::format("there is no agent \"{}\" any more", name));
    auto profile =
        agent::profile_from_json(name, *row.at(0, "driver"), row.at(0, "config").value_or("{}"));
    if (!profile) throw NotFound(fmt::format("agent {}: {}", name, profile.error()));
    return std::move(*profile);
}

// What a person should know before he opens the session; "" = nothing.
std::string warning_of(const db::Table& row) {
    const auto& id = *row.at(0, "task_id");
    const auto& status = *row.at(0, "status");
    const auto other = row.at(0, "shared_with").value_or("");
    if (status == "running")
        return fmt::format("task {} is running: two programs in one session write over each other. "
                           "Wait for its end, or `agentcron cancel {}` first",
                           id, id);
    if (status == "waiting_for_input")
        return fmt::format("task {} waits for an answer and then goes on by itself, in this "
                           "session. Answer it, or `agentcron cancel {}` first",
                           id, id);
    if (row.at(0, "finished").value_or("") != "t")
        return fmt::format("task {} is {} and will go on in this session", id, status);
    if (!other.empty())
        return fmt::format("task {} goes on in this session: `agentcron show {}`", other, other);
    const auto& host = row.at(0, "host");
    if (host && *host != this_host())
        return fmt::format("the session is on {}, not on this machine", *host);
    return "";
}

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

int resume_cmd(const Invocation& invocation, const std::string& task) {
    const auto task_id = task_id_from(task);
    auto database = open_database(invocation);
    const auto row = database->query("cli_conversation", db::params(task_id));
    if (row.rows.empty()) throw NotFound(fmt::format("there is no task {}", task_id));
    const auto session = row.at(0, "session_id").value_or("");
    if (session.empty())
        throw NotFound(
            fmt::format("task {} has no conversation: its agent named no session", task_id));
    const auto takeover = agent::takeover_of(profile_of(row), session);
    const auto directory = row.at(0, "directory").value_or("");
    const auto warning = warning_of(row);
    const bool possible = !takeover.argv.empty();
    const auto line = possible ? agent::shell_line(takeover, directory) : "";
    if (invocation.json)
        write_out(compact(json::object{{"task_id", task_id},
                                       {"session_id", session},
                                       {"directory", text_or_null(directory)},
                                       {"host", text_or_null(row.at(0, "host").value_or(""))},
                                       {"argv", json::value_from(takeover.argv)},
                                       {"command", text_or_null(line)},
                                       {"warning", text_or_null(warning)}}) +
                  "\n");
    else if (possible)
        write_out(line + "\n");
    if (!possible)
        fmt::print(stderr,
                   "agentcron: {}. The session is {}{}; `agentcron continue {} \"...\"` "
                   "goes on with it\n",
                   takeover.why_not, session, directory.empty() ? "" : ", in " + directory,
                   task_id);
    else if (!warning.empty())
        fmt::print(stderr, "agentcron: {}\n", warning);
    return possible ? 0 : 1;
}

} // namespace

void add_resume_cmd(CLI::App& app, Invocation& invocation) {
    auto& command =
        add_command(app, "People", "resume-cmd",
                    "Print the command that opens a task's conversation in a terminal",
                    "  agentcron resume-cmd 17                cd /src && claude --resume 2f1c...\n"
                    "  eval \"$(agentcron resume-cmd 17)\"      opens it\n"
                    "  agentcron resume-cmd 17 --json         the same as argv and directory\n");
    auto task = std::make_shared<std::string>();
    command.add_option("ID", *task, "The task")->required();
    set_action(command, invocation, [&invocation, task] { return resume_cmd(invocation, *task); });
}

} // namespace agentcron::cli
