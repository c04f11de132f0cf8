// Notifications that are really sent: to an HTTP server and to commands, by one sender and several.
#include "integration/engine/outbox_run.hpp"
#include "notify/signature.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <set>
#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {
namespace {

const std::string one_state = "select state from agentcron.notifications";

// notify for these events with these other members, as SQL.
std::string notify_by(const std::string& members, const std::string& events = R"("failed")") {
    return fmt::format("$n${{\"on\":[{}],{}}}$n$", events, members);
}

std::string webhook(const std::string& url, const std::string& more = "") {
    return notify_by(fmt::format(R"("webhook":"{}"{})", url, more));
}

std::string shell(const std::string& script) {
    return notify_by(fmt::format(R"("command":["sh","-c","{}"])", script));
}

// A task of a new schedule that failed.
std::int64_t fail_one(OutboxRun& run, const std::string& notify) {
    const auto task = run.task(run.schedule("nightly", notify));
    run.start(task);
    run.finish(task, "failed", "exit_code", "exit code 1");
    return task;
}

} // namespace

TEST_CASE("a webhook is sent once, with the payload that the row holds", "[integration][notify]") {
    OutboxRun run;
    const auto task = fail_one(run, webhook(run.url("/hook")));
    run.start_sender();
    run.until_value(one_state, "delivered");
    REQUIRE(run.requests().size() == 1);
    const auto request = run.requests()[0];
    CHECK(request.method == "POST");
    CHECK(request.path == "/hook");
    CHECK(request.id == run.database.value("select id from agentcron.outbox"));
    CHECK(request.body == run.database.value("select payload from agentcron.outbox"));
    CHECK(request.signature.empty());
    CHECK(request.content_type == "application/json");
    CHECK(request.user_agent.starts_with("agentcron/"));
    CHECK(run.database.value("select attempts || '/' || (due_at is null) || '/' || task_id "
                             "from agentcron.notifications") == fmt::format("1/true/{}", task));
}

TEST_CASE("a signature is made with the secret as it stands in the file at that moment",
          "[integration][notify]") {
    OutboxRun run;
    const auto file = run.directory / "secret";
    fail_one(run,
             webhook(run.url("/once/x"), fmt::format(R"(,"secret_file":"{}")", file.string())));
    run.start_sender();
    run.until_value(one_state, "retrying");
    CHECK(run.requests().empty());
    const auto error = run.database.value("select error from agentcron.notifications");
    CHECK(error == fmt::format("secret_file {}: No such file or directory", file.string()));

    for (const std::string secret : {"whsec_YWJj\n", "another"}) {
        run.write("secret", secret);
        const auto seen = run.requests().size();
        run.hurry();
        run.until_value("select count(*) from agentcron.outbox where taken_at is null", "1");
        run.until([&] { return run.requests().size() == seen + 1; }, "the request");
        run.until_value("select count(*) from agentcron.outbox where taken_at is null", "1");
        const auto request = run.requests().back();
        CHECK(request.signature == notify::sign(*notify::key_from(secret), request.id,
                                                std::stoll(request.timestamp), request.body));
        const auto age = std::chrono::system_clock::now().time_since_epoch() -
                         std::chrono::seconds(std::stoll(request.timestamp));
        CHECK(std::chrono::abs(age) < std::chrono::minutes(5));
    }
    run.until_value(one_state, "delivered");
}

TEST_CASE("after a 500 it is sent again with the same id", "[integration][notify]") {
    OutboxRun run;
    fail_one(run, webhook(run.url("/once/a")));
    run.start_sender();
    run.until_value(one_state, "retrying");
    CHECK(run.database.value("select error from agentcron.notifications") ==
          "HTTP 500: no room for it");
    CHECK(run.database.value("select due_at between now() + interval '5 s' and now() + interval "
                             "'20 s' from agentcron.notifications") == "t");
    run.hurry();
    run.until_value(one_state, "delivered");
    REQUIRE(run.requests().size() == 2);
    CHECK(run.requests()[0].id == run.requests()[1].id);
    CHECK(run.requests()[0].body == run.requests()[1].body);
    CHECK(run.database.value("select error from agentcron.notifications").empty());
}

TEST_CASE("Retry-After sets the pause, and when it is over no hint is needed",
          "[integration][notify]") {
    OutboxRun run;
    fail_one(run, webhook(run.url("/429/a")));
    run.start_sender();
    run.until_value(one_state, "retrying");
    CHECK(run.database.value("select due_at > created_at + interval '99 seconds' "
                             "from agentcron.notifications") == "t");
    run.database.execute("update agentcron.outbox set due_at = now() + interval '1 second'");
    run.wake(); // it learns of the new time
    run.until([&] { return run.requests().size() == 2; }, "the second request");
}

TEST_CASE("a server that is not there is tried again", "[integration][notify]") {
    OutboxRun run;
    fail_one(run, webhook("http://127.0.0.1:1/"));
    run.start_sender();
    run.until_value(one_state, "retrying");
    CHECK_THAT(run.database.value("select error from agentcron.notifications"),
               Catch::Contains("connect"));
    run.database.execute("update agentcron.outbox set target = jsonb_build_object('url', '" +
                         run.url("/there") + "')");
    run.hurry();
    run.until_value(one_state, "delivered");
}

TEST_CASE("a 410, a target that cannot be used and the last try give up", "[integration][notify]") {
    OutboxRun run;
    run.start_sender();
    SECTION("410") {
        fail_one(run, webhook(run.url("/410/gone")));
        run.wake();
        run.until_value(one_state, "gave_up");
        CHECK(run.requests().size() == 1);
    }
    SECTION("no URL") {
        fail_one(run, webhook("gopher://x"));
        run.wake();
        run.until_value(one_state, "gave_up");
        CHECK(run.database.value("select error from agentcron.notifications") ==
              "webhook: expected a URL that begins with http:// or https://");
    }
    SECTION("the twentieth") {
        fail_one(run, webhook(run.url("/500/x")));
        run.database.execute("update agentcron.outbox set attempts = 19");
        run.wake();
        run.until_value(one_state, "gave_up");
        CHECK(run.database.value("select attempts from agentcron.notifications") == "20");
    }
    CHECK(run.database.value("select due_at is null and gave_up_at is not null and error <> '' "
                             "from agentcron.outbox") == "t");
}

TEST_CASE("a webhook does not follow a redirect, a heartbeat does", "[integration][notify]") {
    OutboxRun run;
    fail_one(run, webhook(run.url("/to/elsewhere")));
    const auto beating = run.schedule("beating", "null", "'" + run.url("/to/beat") + "'");
    const auto task = run.task(beating);
    run.finish(task, "failed", "lost");
    run.start_sender();
    run.until_value("select string_agg(state, ' ' order by channel) from agentcron.notifications",
                    "delivered retrying");
    std::set<std::string> paths;
    for (const auto& request : run.requests()) paths.insert(request.path);
    CHECK(paths == std::set<std::string>{"/to/elsewhere", "/to/beat/fail", "/beat/fail"});
}

TEST_CASE("a sender that dies before it notes the delivery has it sent again with the same id",
          "[integration][notify]") {
    OutboxRun run;
    fail_one(run, webhook(run.url("/slow")));
    const auto first = run.start_sender();
    run.until([&] { return run.requests().size() == 1; }, "the first request");
    run.crash_sender(first);
    // The time for which it had the row to itself is over.
    run.database.execute("update agentcron.outbox set due_at = clock_timestamp(), "
                         "target = jsonb_build_object('url', '" +
                         run.url("/quick") + "')");
    run.start_sender();
    run.until_value(one_state, "delivered");
    REQUIRE(run.requests().size() == 2);
    CHECK(run.requests()[0].id == run.requests()[1].id);
    CHECK(run.database.value("select attempts from agentcron.notifications") == "2");
}

TEST_CASE("senders that rival send each notification once", "[integration][notify]") {
    OutboxRun run;
    const auto schedule = run.schedule("busy", webhook(run.url("/hook")));
    run.database.execute(fmt::format(
        "insert into agentcron.tasks (schedule_id, schedule, agent, run_at, status, spec, watched) "
        "select {}, 'busy', 'a', now(), 'queued', '{{}}', true from generate_series(1, 200)",
        schedule));
    run.database.execute("update agentcron.tasks set status = 'failed', reason = 'lost', "
                         "finished_at = now()");
    for (int i = 0; i < 3; ++i) run.start_sender();
    run.until_value("select count(*) from agentcron.notifications where state = 'delivered'",
                    "200");
    std::set<std::string> ids;
    for (const auto& request : run.requests()) ids.insert(request.id);
    CHECK(ids.size() == 200);
    CHECK(run.requests().size() == 200);
    CHECK(run.database.value("select max(attempts) from agentcron.notifications") == "1");
}

TEST_CASE("a command gets the payload on its stdin and its parts as variables",
          "[integration][notify]") {
    OutboxRun run;
    const auto out = (run.directory / "out").string();
    const auto task = fail_one(run, shell("cat > " + out +
                                          "; printf '%s|' $AGENTCRON_EVENT $AGENTCRON_SCHEDULE "
                                          "$AGENTCRON_TASK_ID $AGENTCRON_NOTIFICATION_ID > " +
                                          out +
                                          ".v; echo "
                                          "$AGENTCRON_MESSAGE >> " +
                                          out + ".v"));
    run.start_sender();
    run.until_value(one_state, "delivered");
    CHECK(run.file("out") == run.database.value("select payload from agentcron.outbox"));
    CHECK(run.file("out.v") ==
          fmt::format("failed|nightly|{}|{}|nightly failed: exit code 1 (task {})\n", task,
                      run.database.value("select id from agentcron.outbox"), task));
}

TEST_CASE("a command that fails is tried again, and the end of its stderr is kept",
          "[integration][notify]") {
    OutboxRun run;
    const auto flag = (run.directory / "flag").string();
    fail_one(run, shell("test -e " + flag +
                        " && exit 0; head -c 5000 /dev/zero | tr '\\\\0' x >&2;"
                        " echo no mail server >&2; exit 3"));
    run.start_sender();
    run.until_value(one_state, "retrying");
    const auto error = run.database.value("select error from agentcron.notifications");
    CHECK(error.starts_with("exit code 3: x"));
    CHECK(error.ends_with("xno mail server"));
    CHECK(error.size() < 1100);
    run.write("flag", "");
    run.hurry();
    run.until_value(one_state, "delivered");
    CHECK(run.database.value("select attempts from agentcron.notifications") == "2");
}

TEST_CASE("a program that is not there is named", "[integration][notify]") {
    OutboxRun run;
    fail_one(run, notify_by(R"("command":["no-such-mailer"])"));
    run.start_sender();
    run.until_value(one_state, "retrying");
    CHECK_THAT(run.database.value("select error from agentcron.notifications"),
               Catch::Contains("no-such-mailer"));
}

TEST_CASE("a heartbeat's calls come in the order of the run", "[integration][notify]") {
    OutboxRun run;
    run.start_sender();
    const auto schedule = run.schedule("beating", "null", "'" + run.url("/beat?key=1") + "'");
    for (int i = 0; i < 10; ++i) {
        const auto task = run.task(schedule);
        run.start(task);
        run.finish(task, "succeeded");
        run.wake();
        run.until_value("select count(*) from agentcron.outbox where delivered_at is null", "0");
    }
    REQUIRE(run.requests().size() == 20);
    for (std::size_t i = 0; i < 20; i += 2) {
        CHECK(run.requests()[i].method == "GET");
        CHECK(run.requests()[i].path == "/beat/start?key=1");
        CHECK(run.requests()[i + 1].path == "/beat?key=1");
    }
}

TEST_CASE("a start that did not get through is dropped once the run has ended",
          "[integration][notify]") {
    OutboxRun run;
    run.start_sender();
    const auto schedule = run.schedule("beating", "null", "'" + run.url("/500/beat") + "'");
    const auto task = run.task(schedule);
    run.start(task);
    run.wake();
    run.until_value(one_state, "retrying");
    run.finish(task, "failed", "timeout");
    run.database.execute("update agentcron.outbox set target = jsonb_build_object('url', '" +
                         run.url("/fail") + "') where event = 'fail'");
    run.wake();
    run.until_value("select string_agg(state, ' ' order by created_at) "
                    "from agentcron.notifications",
                    "gave_up delivered");
    CHECK_THAT(run.database.value("select error from agentcron.notifications order by created_at"),
               Catch::EndsWith("took its place"));
}

TEST_CASE("a heartbeat that is an hour late is not sent", "[integration][notify]") {
    OutboxRun run;
    const auto schedule = run.schedule("beating", "null", "'" + run.url("/beat") + "'");
    run.finish(run.task(schedule), "failed", "lost");
    run.database.execute("update agentcron.outbox set created_at = now() - interval '61 minutes'");
    run.start_sender();
    run.until_value(one_state, "gave_up");
    CHECK(run.requests().empty());
}

TEST_CASE("what was done long ago is deleted, what was not delivered later",
          "[integration][notify]") {
    OutboxRun run;
    run.database.execute(
        "insert into agentcron.outbox (event, channel, target, payload, due_at, delivered_at, "
        "gave_up_at) select 'failed', 'webhook', '{}', jsonb_build_object('n', n), null, "
        "case when n <= 2500 then now() - interval '8 days' when n = 2501 then now() end, "
        "case when n = 2502 then now() - interval '8 days' "
        "when n = 2503 then now() - interval '31 days' end from generate_series(1, 2503) n");
    run.start_sender();
    run.until_value("select string_agg(payload->>'n', ' ' order by 1) from agentcron.outbox",
                    "2501 2502");
}

} // namespace agentcron::engine
