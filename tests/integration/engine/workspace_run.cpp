#include "integration/engine/workspace_run.hpp"

#include "support/catch.hpp"

#include <array>
#include <cstdio>
#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {

WorkspaceRun::WorkspaceRun() {
    std::filesystem::create_directory(repo());
    git("init --quiet --initial-branch main");
    git("config user.name tester");
    git("config user.email tester@localhost");
    write("repo/file", "one\n");
    git("add file");
    git("commit --quiet -m one");
}

std::string WorkspaceRun::git(const std::string& arguments) const {
    const auto command = fmt::format("git -C '{}' {} 2>&1", repo(), arguments);
    INFO(command);
    FILE* const pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string said;
    std::array<char, 4096> buffer{};
    while (const auto size = std::fread(buffer.data(), 1, buffer.size(), pipe))
        said.append(buffer.data(), size);
    INFO(said);
    REQUIRE(::pclose(pipe) == 0);
    if (said.ends_with('\n')) said.pop_back();
    return said;
}

void WorkspaceRun::worktree_agent(const std::string& script, const std::string& more) {
    agent("sh", "command", script,
          fmt::format(R"({{"grace":1,"workspace":{{"git":"{}","base":"main"{}}}}})", repo(), more));
}

std::string WorkspaceRun::workspace(std::int64_t task, const std::string& column) {
    return database.value(
        fmt::format("select {} from agentcron.workspaces where task_id = {}", column, task));
}

std::filesystem::path WorkspaceRun::path_of(std::int64_t task) {
    return workspace(task, "path");
}

std::string WorkspaceRun::clean(std::int64_t task, bool force) {
    database.execute(
        fmt::format("select agentcron.clean_workspaces(array[{}], force => {})", task, force));
    until_value(fmt::format("select clean is null and state in ('kept', 'removed') from "
                            "agentcron.workspaces where task_id = {}",
                            task),
                "t");
    return workspace(task, "state");
}

void WorkspaceRun::until_settled(std::int64_t task) {
    until_value(fmt::format("select state in ('kept', 'removed') from agentcron.workspaces where "
                            "task_id = {}",
                            task),
                "t");
}

} // namespace agentcron::engine
