// A worktree belongs to its task while that is open: over attempts, legs, crashes and machines.
#include "integration/engine/workspace_run.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

using agentcron::engine::processes_below;
using agentcron::engine::WorkspaceRun;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

std::string in_directory(const WorkspaceRun& run, const std::string& name) {
    return (run.directory / name).string();
}

std::string setup_of(const std::string& script) {
    return R"(,"setup":["/bin/sh","-c",")" + script + R"("])";
}

// A setup that says that it is up, is deaf and ends when `pass` is there.
std::string endless(const WorkspaceRun& run) {
    return setup_of(fmt::format("trap : TERM; echo up >> {}; while [ ! -e {} ]; do sleep 0.05; "
                                "done",
                                in_directory(run, "starts"), in_directory(run, "pass")));
}

} // namespace

TEST_CASE("attempts of a task work in the same worktree, set up once",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("cat left 2>/dev/null && rm left && exit 0; echo left > left; exit 1",
                       setup_of("echo setup in $(pwd) >> " + in_directory(run, "starts")));
    run.start_worker();
    const auto task = run.enqueue("sh", "", R"({"retry":{"attempts":2,"backoff":0}})");
    run.until_status(task, "succeeded");
    CHECK_THAT(run.output(task), Contains("left\n"));
    CHECK(run.file("starts") == "setup in " + run.path_of(task).string() + "\n");
}

TEST_CASE("a setup that failed runs again in the next attempt",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("true", setup_of("echo try >> " + in_directory(run, "tries") +
                                        "; echo out of luck >&2; [ -e " +
                                        in_directory(run, "pass") + " ]"));
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "failed");
    CHECK_THAT(run.task(task, "message"),
               Contains("setup: '/bin/sh' exited with code 1: out of luck"));
    run.until_settled(task);
    CHECK(run.workspace(task, "state") == "kept");
    run.write("pass", "");
    run.database.execute(fmt::format("select agentcron.retry({})", task));
    run.until_status(task, "succeeded");
    CHECK(run.file("tries") == "try\ntry\n");
}

TEST_CASE("a cancel during the setup ends it, and the worktree is settled",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("true", endless(run) + R"(,"keep":"never")");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until([&] { return run.file("starts") == "up\n"; }, "the setup's start");
    run.database.value(fmt::format("select agentcron.cancel({})", task));
    run.until_status(task, "cancelled");
    run.until_settled(task);
    CHECK(run.workspace(task, "state") == "removed");
    CHECK(processes_below(run.directory) == 0);
}

TEST_CASE("a crash between the worktree and the agent is gone on from",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("true", endless(run));
    const auto first = run.start_worker();
    const auto task = run.enqueue("sh", "", R"({"on_lost":"fail"})");
    run.until([&] { return run.file("starts") == "up\n"; }, "the setup's start");
    run.crash_worker(first);
    run.start_worker();
    run.until([&] { return run.file("starts") == "up\nup\n"; }, "the second start");
    // Its agent was not lost: there was none.
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/2");
    CHECK(run.database.value("select count(*) from agentcron.workspaces") == "1");
    run.write("pass", "");
    run.until_status(task, "succeeded");
    run.until_settled(task);
    CHECK(run.workspace(task, "state") == "removed");
    CHECK(run.git("branch --format '%(refname:short)'") == "main");
}

TEST_CASE("a task whose preparation ends its worker again and again is lost at last",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("true", endless(run));
    const auto task = run.enqueue("sh");
    std::string starts;
    for (int i = 0; i < 4; ++i) {
        const auto worker = run.start_worker();
        starts += "up\n";
        run.until([&] { return run.file("starts") == starts; }, "a start");
        run.crash_worker(worker);
    }
    run.start_worker();
    run.until_status(task, "failed");
    CHECK(run.task(task, "reason || ' ' || attempt || '/' || run_no") == "lost 1/4");
}

TEST_CASE("a crash in the middle of a checkout leaves nothing half made",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    // A filter holds up the checkout of the first of two files.
    run.write("repo/.gitattributes", "slow filter=slow\n");
    run.write("repo/slow", "slow\n");
    run.write("repo/zebra", "z\n");
    run.git("add .");
    run.git("commit --quiet -m slow");
    run.git(fmt::format("config filter.slow.smudge 'echo up >> {}; while [ ! -e {} ]; do sleep "
                        "0.05; done; cat'",
                        in_directory(run, "starts"), in_directory(run, "pass")));
    run.worktree_agent("cat slow zebra; git status --porcelain");
    const auto first = run.start_worker();
    const auto task = run.enqueue("sh", "", R"({"retry":{"attempts":2,"backoff":0}})");
    run.until([&] { return run.file("starts") == "up\n"; }, "the checkout");
    run.crash_worker(first);
    run.end_leftovers();
    run.database.execute("update agentcron.leases set lease_until = '-infinity'");
    run.write("pass", "");
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK_THAT(run.output(task), Contains("slow\nz\n") && !Contains("??"));
}

TEST_CASE("a worktree that vanished is made again from its branch",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("git log -1 --format=%s; echo two >> file; git commit -qam two; exit 1");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_status(task, "failed");
    run.until_settled(task);
    fs::remove_all(run.path_of(task));
    run.database.execute(fmt::format("select agentcron.retry({})", task));
    run.until_value("select count(*) from agentcron.attempts where finished_at is not null", "2");
    CHECK_THAT(run.output(task), Contains("one\n") && Contains("two\n"));
    CHECK(fs::exists(run.path_of(task)));
}

TEST_CASE("a retry by hand after the worktree is gone goes on with the branch",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("git log -1 --format=%s; echo two >> file; git commit -qam two; exit 1");
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_settled(task);
    CHECK(run.clean(task, true) == "removed");
    run.database.execute(fmt::format("select agentcron.retry({})", task));
    run.until_value("select count(*) from agentcron.attempts where finished_at is not null", "2");
    run.until_settled(task);
    CHECK_THAT(run.output(task), Contains("two\n"));
    CHECK(run.workspace(task, "unpushed") == "2");
}

TEST_CASE("a parked task resumes in its worktree, on the machine that has it alone",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("[ -n \"$AGENTCRON_ANSWER\" ] && cat left && exit 0; echo left > left; "
                       "agentcron ask --park 'Which one?' || exit 75");
    const auto here = run.start_worker();
    const auto task = run.enqueue("sh", "", R"({"hold":0})");
    run.until_value("select count(*) from agentcron.attempts where outcome = 'parked'", "1");
    run.stop_worker(here);
    run.start_worker({.host = "elsewhere"});
    CHECK(run.answer(task, "this").empty());
    // What comes later passes it by: only its own machine may take it.
    run.database.execute("insert into agentcron.agents (name, driver, config) values ('any', "
                         "'command', '{\"command\":[\"true\"]}')");
    const auto other = run.enqueue("any");
    run.until_status(other, "succeeded");
    CHECK(run.task(task, "status") == "queued");
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK_THAT(run.output(task), Contains("left\n"));
    run.until_settled(task);
    CHECK(run.workspace(task, "kept_because") == "1 file is not committed");
}

TEST_CASE("a task that continues another one takes over its worktree",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("cat left 2>/dev/null; echo left > left; git rev-parse --abbrev-ref HEAD");
    const auto here = run.start_worker();
    const auto first = run.enqueue("sh");
    run.until_settled(first);
    const auto path = run.path_of(first);
    run.stop_worker(here);
    const auto second = run.enqueue("sh");
    run.database.execute(
        fmt::format("update agentcron.tasks set continues = {} where id = {}", first, second));
    run.start_worker();
    run.until_status(second, "succeeded");
    CHECK(run.output(second) == fmt::format("left\nagent/{}\n", first));
    run.until_settled(second);
    CHECK(run.path_of(second) == path);
    CHECK(run.database.value("select count(*) from agentcron.workspaces") == "1");
    CHECK_THAT(run.task(second, "message"), Contains("1 file is not committed"));
}

TEST_CASE("a new attempt does not wait for a machine that is gone",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("[ -e " + in_directory(run, "pass") + " ]");
    const auto here = run.start_worker();
    const auto task = run.enqueue("sh");
    run.until_settled(task);
    run.stop_worker(here);
    run.write("pass", "");
    run.database.execute(fmt::format("select agentcron.retry({})", task));
    run.start_worker({.host = "elsewhere"});
    run.until_status(task, "succeeded");
    CHECK(run.database.value("select string_agg(host, ',' order by id) from "
                             "agentcron.workspaces") == "here,elsewhere");
}

TEST_CASE("a task that ends without an attempt has its worktree settled too",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("agentcron ask --park 'Which one?' || exit 75", R"(,"keep":"never")");
    run.start_worker();
    const auto task = run.enqueue("sh", "", R"({"hold":0})");
    run.until_value("select count(*) from agentcron.attempts where outcome = 'parked'", "1");
    CHECK(fs::exists(run.path_of(task)));
    run.database.value(fmt::format("select agentcron.cancel({})", task));
    run.wake("workspaces");
    run.until_settled(task);
    CHECK(run.workspace(task, "state") == "removed");
}

TEST_CASE("what a crash left half settled is settled by the next worker",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("true", fmt::format(R"(,"archive":["/bin/sh","-c","echo up >> {}; while [ )"
                                           R"(! -e {} ]; do sleep 0.05; done"])",
                                           in_directory(run, "starts"), in_directory(run, "pass")));
    const auto first = run.start_worker();
    const auto task = run.enqueue("sh");
    run.until([&] { return run.file("starts") == "up\n"; }, "the archive's start");
    CHECK(run.workspace(task, "state") == "settling");
    run.crash_worker(first);
    run.write("pass", "");
    run.start_worker();
    run.until_settled(task);
    CHECK(run.workspace(task, "state") == "removed");
}

TEST_CASE("a worktree that is worked in cannot be cleaned away",
          "[integration][engine][workspace]") {
    WorkspaceRun run;
    run.worktree_agent("true", endless(run));
    run.start_worker();
    const auto task = run.enqueue("sh");
    run.until([&] { return run.file("starts") == "up\n"; }, "the setup's start");
    CHECK_THAT(run.database.refusal(fmt::format(
                   "select agentcron.clean_workspaces(array[{}], force => true)", task)),
               Contains(fmt::format("task {} works in", task)));
    CHECK_THAT(run.database.refusal("select agentcron.clean_workspaces(array[999])"),
               Contains("task 999 has no workspace"));
    run.write("pass", "");
    run.until_status(task, "succeeded");
}
