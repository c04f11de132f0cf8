// Worktrees of tasks: made, used again, and removed where that loses nothing.
#include "base/read_file.hpp"
#include "integration/engine/workspace_run.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <unistd.h>

using agentcron::engine::WorkspaceRun;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

// Notes where it is before it does the rest.
std::string noting(const WorkspaceRun& run, const std::string& rest = "") {
    return fmt::format("echo $(pwd) $(git rev-parse --abbrev-ref HEAD) >> {}/notes\n{}",
                       run.directory.string(), rest);
}

// Is a process running whose command line has `words`?
bool some_process_has(const std::string& words) {
    std::error_code gone;
    for (const auto& entry : fs::directory_iterator("/proc", gone)) {
        if (std::atoi(entry.path().filename().c_str()) <= 0) continue;
        const auto command = agentcron::base::read_file(entry.path() / "cmdline").value_or("");
        if (command.find(words) != std::string::npos) return true;
    }
    return false;
}

} // namespace

TEST_CASE("a task works in a worktree of its own, which goes when it succeeded",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent(noting(run, "cat; echo; echo $AGENTCRON_WORKSPACE $AGENTCRON_BRANCH; ls"));
    run.start_worker();
    const auto task = run.enqueue("sh", "on {{branch}} in {{workspace}}");
    run.until_status(task, "succeeded");
    run.until_settled(task);
    const auto path = (run.directory / "workspaces/repo" / std::to_string(task)).string();
    const auto branch = "agent/" + std::to_string(task);
    CHECK(run.file("notes") == fmt::format("{} {}\n", path, branch));
    CHECK(run.output(task) == fmt::format("on {1} in {0}\n{0} {1}\nfile\n", path, branch));
    CHECK(run.workspace(task, "state") == "removed");
    CHECK_FALSE(fs::exists(path));
    CHECK(run.git("branch --format '%(refname:short)'") == "main");
    CHECK(run.git("worktree list --porcelain").find(path) == std::string::npos);
    CHECK(run.task(task, "message").empty());
}

TEST_CASE("two tasks at once never share a worktree", "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent(noting(run, fmt::format("echo x >> file; while [ $(wc -l < {}/notes) -lt 4 "
                                               "]; do sleep 0.05; done; git checkout -q file",
                                               run.directory.string())));
    run.start_worker();
    std::vector<std::int64_t> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(run.enqueue("sh"));
    for (const auto task : tasks) run.until_status(task, "succeeded");
    CHECK(run.database.value("select count(distinct path) || '/' || count(distinct branch) from "
                             "agentcron.workspaces") == "4/4");
}

TEST_CASE("a worktree waits for another one of its repository that is half made",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    const auto common = fs::path(run.repo()) / ".git";
    const auto lock = common / "agentcron.lock";
    const int held = ::open(lock.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    REQUIRE(held >= 0);
    REQUIRE(::flock(held, LOCK_EX) == 0);
    const auto half_made = common / "worktrees/other";
    fs::create_directories(half_made);
    std::ofstream(half_made / "gitdir") << "/nowhere/.git\n";
    std::ofstream(half_made / "HEAD") << "ref: refs/heads/other\n";
    std::ofstream(half_made / "commondir").flush(); // git fails where it is empty
    run.worktree_agent("true");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until([&] { return some_process_has(lock); }, "the wait for the lock");
    fs::remove_all(half_made);
    ::close(held);
    run.until_status(task, "succeeded");
    run.until_settled(task);
    CHECK(run.workspace(task, "state") == "removed");
}

TEST_CASE("a worktree with changes that are not committed stays, and the task says so",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.git("config core.excludesFile /dev/null");
    run.worktree_agent("echo two >> file; echo new > untracked");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "succeeded");
    run.until_settled(task);
    CHECK(run.workspace(task, "state || ': ' || kept_because") ==
          "kept: 2 files are not committed");
    CHECK(run.task(task, "message") ==
          fmt::format("its workspace {} stays: 2 files are not committed",
                      run.path_of(task).string()));
    CHECK(run.clean(task) == "kept");
    CHECK(run.task(task, "message").find(';') == std::string::npos); // said once
    CHECK(fs::exists(run.path_of(task) / "untracked"));
    CHECK(run.clean(task, true) == "removed");
    CHECK_FALSE(fs::exists(run.path_of(task)));
}

TEST_CASE("a worktree whose commits are nowhere else stays until they are",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("echo two >> file; git commit -qam two");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "succeeded");
    run.until_settled(task);
    CHECK(run.workspace(task, "kept_because") == "1 commit is on no remote and no other branch");
    CHECK(run.clean(task) == "kept");
    run.git(fmt::format("merge --quiet agent/{}", task));
    CHECK(run.clean(task) == "removed");
    // The branch has commits of its own, so it is the work.
    CHECK_THAT(run.git("branch --format '%(refname:short)'"),
               Contains(fmt::format("agent/{}", task)));
}

TEST_CASE("commits that were pushed let the worktree go, also by archive",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.git("init --quiet --bare ../origin.git");
    run.git("remote add origin " + run.repo() + "/../origin.git");
    run.worktree_agent("echo two >> file; git commit -qam two",
                       R"(,"archive":["git","push","-q","origin","HEAD"])");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "succeeded");
    run.until_settled(task);
    CHECK(run.workspace(task, "state || kept_because") == "removed");
    CHECK(run.git("log --format=%s -1 refs/remotes/origin/agent/" + std::to_string(task)) == "two");
}

TEST_CASE("a worktree whose archive fails stays", "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("true", R"(,"archive":["/bin/sh","-c","echo no room; exit 7"])");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_settled(task);
    CHECK(run.workspace(task, "kept_because") == "archive: '/bin/sh' exited with code 7: no room");
    CHECK_THAT(run.task(task, "message"), Contains("stays: archive"));
    CHECK(fs::exists(run.path_of(task)));
}

TEST_CASE("keep says which worktrees stay", "[integration][engine][workspace]") {
    struct Case {
        std::string keep, script, expected;
    };
    const std::vector<Case> cases{
        {"on_failure", "true", "removed"},
        {"on_failure", "exit 1", "kept: keep: on_failure, and its task has failed"},
        {"always", "true", "kept: keep: always"},
        {"never", "exit 1", "removed"},
    };
    for (const auto& [keep, script, expected] : cases) {
        CAPTURE(keep, script);
        WorkspaceRun run;
        run.worktree_agent(script, R"(,"keep":")" + keep + "\"");
        run.start_worker();
        const auto task = run.enqueue("sh");
        run.until_settled(task);
        CHECK(run.workspace(task, "state || case kept_because when '' then '' else ': ' end || "
                                  "kept_because") == expected);
        CHECK(run.task(task, "message").find("stays") == std::string::npos);
        CHECK(fs::exists(run.path_of(task)) == (expected != "removed"));
    }
}

TEST_CASE("what cannot become a worktree says why", "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("true");
    run.start_worker();
    const auto message_with = [&](const std::string& change) {
        run.database.execute("update agentcron.agents set config = jsonb_set(config, '{workspace}',"
                             " config -> 'workspace' || '" +
                             change + "')");
        const auto task = run.enqueue("sh");
        run.until_status(task, "failed");
        CHECK(run.task(task, "reason") == "spawn");
        return run.task(task, "message");
    };
    CHECK_THAT(message_with(R"({"base":"nope"})"),
               Contains("workspace: 'nope' is no branch, tag or commit of") &&
                   Contains("correct workspace.base"));
    CHECK_THAT(message_with(R"({"base":"main","branch":"a..b"})"),
               Contains("workspace: git worktree add") && Contains("'a..b' is not a valid branch"));
    CHECK_THAT(message_with(R"({"branch":"main"})"),
               Contains("workspace: git worktree add") && Contains("already"));
    CHECK_THAT(message_with(R"({"git":"/nowhere/at/all","branch":"b"})"),
               Contains("workspace: there is no repository /nowhere/at/all"));
    CHECK_THAT(message_with(R"({"git":")" + run.directory.string() + "\"}"),
               Contains("cannot be used") && Contains("not a git repository"));
    CHECK(run.database.value("select count(*) from agentcron.attempts where exit_code is not "
                             "null") == "0");
}

TEST_CASE("a directory that is there already is never taken for a worktree",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("true");
    const auto task = run.enqueue("sh");
    const auto path = run.directory / "workspaces/repo" / std::to_string(task);
    fs::create_directories(path);
    run.write("workspaces/repo/" + std::to_string(task) + "/precious", "mine");
    run.start_worker();
    run.until_status(task, "failed");
    CHECK_THAT(run.task(task, "message"), Contains("is there already and is no worktree of"));
    CHECK(fs::exists(path / "precious"));
    run.until_settled(task);
    CHECK(fs::exists(path / "precious"));
}

TEST_CASE("a base of a remote is fetched first, and a failing fetch is a warning if it is known",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.git("clone --quiet --bare . ../origin.git");
    run.git("remote add origin " + run.repo() + "/../origin.git");
    run.git("fetch --quiet origin");
    run.git("clone --quiet ../origin.git ../other");
    run.git("-C ../other -c user.name=a -c user.email=a@b commit --quiet --allow-empty -m newer");
    run.git("-C ../other push --quiet origin main");
    run.worktree_agent("git log -1 --format=%s", R"(,"base":"origin/main")");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "succeeded");
    CHECK_THAT(run.output(task), Contains("newer\n"));

    fs::rename(run.directory / "origin.git", run.directory / "gone.git");
    const auto late = run.enqueue("sh");
    run.until_status(late, "succeeded");
    CHECK_THAT(run.output(late, "err"), Contains("warning: origin/main is as it was last seen"));
    run.git("update-ref -d refs/remotes/origin/main");
    const auto lost = run.enqueue("sh");
    run.until_status(lost, "failed");
    CHECK_THAT(run.task(lost, "message"), Contains("workspace: git fetch origin: "));
}

TEST_CASE("the disk budget removes the oldest that may go, then refuses",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("[ ! -e ../../../dirt ] || echo x > untracked", R"(,"keep":"always")");
    run.start_worker({.workspaces_bytes_max = 1});
    const auto first = run.enqueue("sh");
    run.until_settled(first);
    CHECK(run.workspace(first, "state") == "kept");
    run.write("dirt", "");
    const auto second = run.enqueue("sh");
    run.until_status(second, "succeeded");
    run.until_settled(second);
    CHECK(run.workspace(first, "state") == "removed");
    CHECK(run.workspace(second, "state") == "kept");
    const auto third = run.enqueue("sh");
    run.until_status(third, "failed");
    CHECK_THAT(run.task(third, "message"), Contains("workspaces.max_bytes allows, and none may be "
                                                    "removed: `agentcron workspaces`"));
    CHECK(fs::exists(run.path_of(second) / "untracked"));
}
