// The disk of a worker's runs: full, without inodes, read-only.
#include "e2e/worker_site.hpp"
#include "support/skip.hpp"
#include "support/small_disk.hpp"

#include <csignal>
#include <cstdlib>

using namespace agentcron::e2e;
using agentcron::support::Program;
using agentcron::support::ReadOnlyCover;
using agentcron::support::SmallDisk;
using agentcron::support::why_no_mounts;
using Catch::Contains;

namespace {

const std::string returned = "select count(distinct task_id) from agentcron.attempts where outcome "
                             "= 'returned'";

} // namespace

TEST_CASE("on a full disk agents and tasks wait, and nothing of either is lost", "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    WorkerSite site;
    SmallDisk disk(site.path("state"), "size=8m");
    site.agent("echo up; while [ ! -e go ]; do sleep 0.05; done\n"
               "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo > written");
    const auto worker = site.start();
    site.enqueue();
    REQUIRE(site.becomes("select count(*) from agentcron.output", "1"));
    disk.fill();
    site.directory.write("go", "");
    site.enqueue(3);
    CHECK(worker->wait_for_output("is full", limit));
    CHECK(worker->wait_for_output("this machine cannot start an agent", limit));
    REQUIRE(site.becomes(returned, "3"));
    CHECK(site.tells(2, {"given back", "No space left on device", "make room there"}));
    CHECK_THAT(agentcron::support::run_agentcron({"doctor"}, site.options()).out,
               Contains("a full disk makes agents wait"));
    CHECK_FALSE(std::filesystem::exists(site.path("written")));
    CHECK(site.database.value("select status from agentcron.tasks where id = 1") == "running");
    disk.make_room();
    REQUIRE(site.all_succeeded(4));
    CHECK(worker->wait_for_output("has room again", limit));
    CHECK(worker->wait_for_output("agents can be started again", limit));
    CHECK(site.none_counted_twice());
    std::string expected = "up\n";
    for (int i = 0; i < 20000; ++i) expected += fmt::format("line {}\n", i);
    for (int task = 1; task <= 4; ++task)
        CHECK((site.database.bytes(fmt::format("select body from agentcron.output where task_id = "
                                               "{} order by run_no, seq",
                                               task)) == expected));
}

TEST_CASE("an agent that is silent because the disk is full has not stalled", "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    WorkerSite site;
    SmallDisk disk(site.path("state"), "size=8m");
    site.agent("echo up; while [ ! -e go ]; do sleep 0.05; done; yes | head -c 500000");
    const auto worker = site.start();
    site.enqueue(1, R"({"stall_timeout": 2})");
    REQUIRE(site.becomes("select count(*) from agentcron.output", "1"));
    disk.fill();
    site.directory.write("go", "");
    REQUIRE(worker->wait_for_output("is full", limit));
    // Its heart beats each second: the time to stall passes.
    const auto full_since = site.database.value("select now()");
    REQUIRE(site.becomes("select heartbeat_at > '" + full_since +
                             "'::timestamptz + interval '4 seconds' from agentcron.workers",
                         "t"));
    CHECK(site.database.value("select status from agentcron.tasks") == "running");
    disk.make_room();
    REQUIRE(site.all_succeeded(1));
}

TEST_CASE("what an agent is told while the disk is full is known to the next worker",
          "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    WorkerSite site;
    SmallDisk disk(site.path("state"), "size=8m");
    site.database.execute(
        "insert into agentcron.agents (name, driver, config) values ('job', 'jsonl', "
        "jsonb_build_object('command', jsonb_build_array('/bin/sh', '-c', $$read -r task; "
        "echo '{\"type\":\"question\",\"id\":\"q\",\"text\":\"Now?\"}'; read -r answer; "
        "echo \"$answer\" >> heard; "
        "until [ -e go ]; do sleep 0.05; done; echo '{\"type\":\"result\",\"result\":1}'$$)))");
    auto worker = site.start();
    site.enqueue();
    REQUIRE(site.becomes("select status from agentcron.tasks", "waiting_for_input"));
    disk.fill();
    // Longer than what is left of a block.
    site.database.execute("select agentcron.answer(1, repeat('yes ', 1000))");
    REQUIRE(worker->wait_for_output("answer delivered", limit));
    worker->signal(SIGKILL);
    worker->finish(limit);
    disk.make_room();
    worker = site.start();
    site.directory.write("go", "");
    REQUIRE(site.all_succeeded(1));
    CHECK(site.database.value("select count(*) from agentcron.attempts") == "1");
    const auto heard = content(site.path("heard"));
    CHECK(std::count(heard.begin(), heard.end(), '\n') == 1);
}

TEST_CASE("a check that cannot be started on a full disk waits for room", "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    WorkerSite site;
    SmallDisk disk(site.path("state"), "size=8m");
    site.agent("echo up; while [ ! -e go ]; do sleep 0.05; done");
    const auto worker = site.start();
    site.enqueue(1, R"({"success": {"check": ["touch", "checked"]}})");
    REQUIRE(site.becomes("select count(*) from agentcron.output", "1"));
    disk.fill();
    site.directory.write("go", "");
    REQUIRE(worker->wait_for_output("the check waits until this machine can start it", limit));
    CHECK(site.database.value("select status from agentcron.tasks") == "running");
    disk.make_room();
    REQUIRE(site.all_succeeded(1));
    CHECK(std::filesystem::exists(site.path("checked")));
}

TEST_CASE("without inodes tasks wait for them", "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    WorkerSite site;
    SmallDisk disk(site.path("state"), "size=8m,nr_inodes=200");
    site.agent("echo done");
    const auto worker = site.start();
    disk.fill_inodes();
    site.enqueue(3);
    REQUIRE(site.becomes(returned, "3"));
    CHECK(worker->wait_for_output("is full", limit));
    CHECK(site.tells(1, {"No space left on device", "another file"}));
    disk.make_room();
    REQUIRE(site.all_succeeded(3));
    CHECK(site.none_counted_twice());
}

TEST_CASE("while the disk of the runs is read-only tasks wait", "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    WorkerSite site;
    site.agent("echo done");
    const auto worker = site.start();
    std::optional<ReadOnlyCover> cover;
    for (const auto& entry : std::filesystem::directory_iterator(site.path("state/runs")))
        cover.emplace(entry.path());
    REQUIRE(cover);
    site.enqueue(3);
    REQUIRE(site.becomes(returned, "3"));
    CHECK(worker->wait_for_output("is read-only", limit));
    CHECK(site.tells(1, {"Read-only file system", "mount it writable"}));
    cover.reset();
    REQUIRE(site.all_succeeded(3));
    CHECK(site.none_counted_twice());
}

TEST_CASE("a worker whose state directory is read-only ends at once and says why", "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    WorkerSite site;
    std::filesystem::create_directories(site.path("state"));
    const ReadOnlyCover cover(site.path("state"));
    const bool has_database = GENERATE(true, false);
    auto options = site.options();
    if (!has_database)
        std::erase_if(options.environment, [](const auto& variable) {
            return variable.first == "AGENTCRON_DATABASE_URL";
        });
    Program up({agentcron::support::agentcron_binary(), "up"}, options);
    const auto finished = up.finish(limit);
    CHECK(finished.exit_code == (has_database ? 1 : 3));
    CHECK_THAT(finished.err,
               Contains("Read-only file system") && Contains(site.path("state").string()));
}

TEST_CASE("a worktree that does not fit on the disk waits for room", "[e2e][disk]") {
    if (const auto why = why_no_mounts(); !why.empty()) AGENTCRON_SKIP(why);
    WorkerSite site;
    SmallDisk disk(site.path("state"), "size=8m");
    const auto repo = site.path("repo").string();
    site.directory.write("repo/large", std::string(4u << 20, 'x'));
    const auto made = fmt::format("cd {} && git init -q -b main && git add large && git -c "
                                  "user.name=t -c user.email=t@localhost commit -qm one",
                                  repo);
    REQUIRE(std::system(made.c_str()) == 0);
    site.agent("wc -c < large");
    site.database.execute("update agentcron.agents set config = config || "
                          "jsonb_build_object('workspace', jsonb_build_object('git', '" +
                          repo + "', 'base', 'main'))");
    const auto worker = site.start();
    // Enough for a run, too little for the files.
    disk.fill(5u << 20);
    site.enqueue();
    REQUIRE(site.becomes(returned, "1"));
    CHECK(site.tells(1, {"given back", "No space left on device"}));
    disk.make_room();
    REQUIRE(site.all_succeeded(1));
    CHECK(site.none_counted_twice());
}
