// A worker that has no more descriptors or processes for an agent.
#include "e2e/worker_site.hpp"
#include "support/skip.hpp"

#include <pwd.h>
#include <sys/resource.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace agentcron::e2e;
using agentcron::support::Program;
using Catch::Contains;

namespace {

rlim_t descriptors_of(pid_t pid) {
    rlim_t highest = 0;
    for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", pid)))
        highest =
            std::max(highest, static_cast<rlim_t>(std::stoul(entry.path().filename().string())));
    return highest + 1;
}

// Once the first tasks of many run and another was given back.
const std::string some_run = "select count(*) > 0 and (select count(*) from agentcron.attempts "
                             "where outcome = 'returned') > 0 from agentcron.tasks where status = "
                             "'running'";

} // namespace

TEST_CASE("tasks for which there are no descriptors wait until others end", "[e2e][limits]") {
    WorkerSite site;
    site.agent("echo x >> starts; while [ ! -e go ]; do sleep 0.05; done");
    const auto worker = site.start();
    // Besides what a worker keeps for what it has, enough for few agents.
    rlimit few{};
    REQUIRE(::prlimit(worker->pid(), RLIMIT_NOFILE, nullptr, &few) == 0);
    few.rlim_cur = descriptors_of(worker->pid()) + 30;
    REQUIRE(::prlimit(worker->pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
    site.enqueue(8);
    CHECK(worker->wait_for_output("this machine cannot start an agent", limit));
    REQUIRE(site.becomes(some_run, "t"));
    CHECK_THAT(site.database.value("select max(message) from agentcron.attempts where outcome = "
                                   "'returned'"),
               Contains("Too many open files") && Contains("LimitNOFILE="));
    // There are enough for what is to be done with those that run.
    const auto running =
        site.database.value("select min(id) from agentcron.tasks where status = 'running'");
    site.database.execute("select agentcron.cancel(" + running + ")");
    REQUIRE(site.becomes("select status from agentcron.tasks where id = " + running, "cancelled"));
    site.directory.write("go", "");
    REQUIRE(site.all_succeeded(7));
    CHECK(site.database.value("select max(attempt) from agentcron.tasks") == "1");
    CHECK(content(site.path("starts")) == "x\nx\nx\nx\nx\nx\nx\nx\n");
}

TEST_CASE("tasks for which there are no processes wait until there are", "[e2e][limits]") {
    // As somebody else, for root is not limited: as whom the tests' PostgreSQL lets in.
    const auto* user = ::getpwnam("agentcron");
    if (!user) user = ::getpwnam("postgres");
    if (::geteuid() != 0 || !user) AGENTCRON_SKIP("not root, or no user postgres to be limited");
    WorkerSite site;
    site.agent("echo done");
    for (const auto& path : {site.directory.path(), site.path("job.sh")})
        REQUIRE(::chown(path.c_str(), user->pw_uid, user->pw_gid) == 0);
    const auto as_user = [&](std::vector<std::string> argv) {
        const std::vector<std::string> before{
            "/usr/bin/setpriv",           "--reuid",       user->pw_name, "--regid",
            std::to_string(user->pw_gid), "--clear-groups"};
        argv.insert(argv.begin(), before.begin(), before.end());
        return std::make_unique<Program>(argv, site.options());
    };
    const auto worker = as_user({agentcron::support::agentcron_binary(), "worker", "--lease", "3"});
    REQUIRE(worker->wait_for_output("ready", limit));
    const auto allow = [&](const std::string& processes) {
        const auto done = as_user({"/usr/bin/prlimit", "--pid", std::to_string(worker->pid()),
                                   "--nproc=" + processes + ":"})
                              ->finish();
        INFO(done.err);
        REQUIRE(done.exit_code == 0);
    };
    allow("0");
    site.enqueue(3);
    REQUIRE(site.becomes("select count(distinct task_id) from agentcron.attempts where outcome = "
                         "'returned'",
                         "3"));
    CHECK(worker->wait_for_output("this machine cannot start an agent", limit));
    CHECK(site.tells(1, {"Resource temporarily unavailable", "TasksMax="}));
    allow("10000");
    REQUIRE(site.all_succeeded(3));
    CHECK(site.none_counted_twice());
}
