// The first answer wins, whatever else happens at that moment. Two sessions race for the task's
// row; who comes first is made certain: one has written and not committed yet, or a lock is held
// until both wait for it, one after the other.
#include "integration/engine/racing_askers.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron::engine;
using Blocker = agentcron::support::TestDatabase::Blocker;

namespace {

const char* parks_at_once = R"({"hold":0})";
const char* outcomes = "select coalesce(outcome, 'open') || ' ' || coalesce(answer, '-') || ' ' || "
                       "coalesce(answered_by, '-') from agentcron.questions";
const char* first_leg = "select outcome from agentcron.attempts where run_no = 1";

std::string answer_sql(std::int64_t task, const std::string& text, const std::string& by) {
    return fmt::format("select agentcron.answer({}, '{}', answered_by => '{}')", task, text, by);
}

std::string cancel_sql(std::int64_t task) {
    return fmt::format("select agentcron.cancel({}, 'not today')", task);
}

std::string time_is_over_sql(std::int64_t task) {
    return fmt::format("select agentcron.input_time_is_over({}, (select id from "
                       "agentcron.questions where task_id = {}))",
                       task, task);
}

std::string lock_sql(std::int64_t task) {
    return fmt::format("select from agentcron.tasks where id = {} for no key update", task);
}

} // namespace

TEST_CASE("of two answers at the same moment one counts, and the other person is told whose",
          "[integration][engine][race]") {
    EngineRun run;
    const auto& asker = GENERATE(from_range(askers));
    const bool parked = GENERATE(false, true);
    const auto task = ask(run, asker, parked ? parks_at_once : "{}", parked);
    Blocker ann(run.database, answer_sql(task, "main", "ann"));
    Rival bob(run, answer_sql(task, "next", "bob"));
    bob.waits(1);
    const bool ann_commits = GENERATE(true, false);
    ann_commits ? ann.commit() : ann.release();
    const auto refusal = bob.refusal();
    CHECK((refusal.find("already answered by ann") != std::string::npos) == ann_commits);
    CHECK((refusal.find(": main") != std::string::npos) == ann_commits);
    run.until_status(task, "succeeded");
    CHECK(run.database.value(outcomes) ==
          (ann_commits ? "answered main ann" : "answered next bob"));
    CHECK(heard(run, ann_commits ? "main" : "next"));
    CHECK(run.task(task, "run_no") == (parked ? "2" : "1"));
}

TEST_CASE("an answer that is being written when the process is gone is for the next leg",
          "[integration][engine][race]") {
    EngineRun run;
    const auto& asker = GENERATE(from_range(askers));
    const auto task = ask_and_leave(run, asker);
    Blocker ann(run.database, answer_sql(task, "main", "ann"));
    run.write("go", "");
    until_waiting(run, 1); // the worker, with its park
    const bool commits = GENERATE(true, false);
    commits ? ann.commit() : ann.release();
    if (!commits) {
        run.until_value("select parked from agentcron.inbox", "t");
        CHECK(run.answer(task, "main") == "");
    }
    run.until_status(task, "succeeded");
    CHECK(run.database.value(first_leg) == (commits ? "returned" : "parked"));
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/2");
    CHECK(heard(run, "main"));
}

TEST_CASE("an answer that waits for the park to be written starts the next leg",
          "[integration][engine][race]") {
    EngineRun run;
    const auto& asker = GENERATE(from_range(askers));
    const auto task = ask_and_leave(run, asker);
    Blocker lock(run.database, lock_sql(task));
    run.write("go", "");
    until_waiting(run, 1);
    Rival ann(run, answer_sql(task, "main", "ann"));
    ann.waits(2);
    lock.release();
    CHECK(ann.refusal() == "");
    run.until_status(task, "succeeded");
    CHECK(run.database.value(first_leg) == "parked");
    CHECK(heard(run, "main"));
}

TEST_CASE("the end of input_timeout finds an answer that is being written",
          "[integration][engine][race]") {
    EngineRun run;
    const bool parked = GENERATE(false, true);
    const auto task = ask(run, askers[0], parked ? parks_at_once : "{}", parked);
    Blocker ann(run.database, answer_sql(task, "main", "ann"));
    CHECK(run.database.value(time_is_over_sql(task)) == "f"); // the scheduler comes again
    ann.commit();
    CHECK(run.database.value(time_is_over_sql(task)) == "t");
    run.until_status(task, "succeeded");
    CHECK(run.database.value(outcomes) == "answered main ann");
}

TEST_CASE("an answer that comes at the end of input_timeout is told that it is too late",
          "[integration][engine][race]") {
    EngineRun run;
    const bool parked = GENERATE(false, true);
    const auto task = ask(run, askers[0], parked ? parks_at_once : "{}", parked);
    Blocker scheduler(run.database, time_is_over_sql(task));
    Rival ann(run, answer_sql(task, "main", "ann"));
    ann.waits(1);
    const bool commits = GENERATE(true, false);
    commits ? scheduler.commit() : scheduler.release();
    const auto refusal = ann.refusal();
    if (commits) CHECK(refusal.find("nobody answered in time") != std::string::npos);
    run.database.execute("select agentcron.wake('signal')"); // as a scheduler does after it
    CHECK(refusal.empty() == !commits);
    run.write("go", "");
    run.until_status(task, commits ? "failed" : "succeeded");
    CHECK(run.database.value(outcomes) == (commits ? "expired - -" : "answered main ann"));
    CHECK(heard(run, "main") == !commits);
}

TEST_CASE("the default answer at the end of input_timeout is a first answer like any other",
          "[integration][engine][race]") {
    EngineRun run;
    const bool parked = GENERATE(false, true);
    const auto* options =
        parked ? R"({"hold":0,"on_input_timeout":"default"})" : R"({"on_input_timeout":"default"})";
    const auto task = ask(run, askers[0], options, parked);
    Blocker scheduler(run.database, time_is_over_sql(task));
    Rival ann(run, answer_sql(task, "main", "ann"));
    ann.waits(1);
    scheduler.commit();
    CHECK(ann.refusal().find("already answered by agentcron") != std::string::npos);
    run.database.execute("select agentcron.wake('signal')"); // as a scheduler does after it
    run.until_status(task, "succeeded");
    CHECK(run.database.value(outcomes) == "answered next agentcron");
    CHECK(heard(run, "next"));
}

TEST_CASE("an answer that comes after a cancel is refused", "[integration][engine][race]") {
    EngineRun run;
    const auto& asker = GENERATE(from_range(askers));
    const bool parked = GENERATE(false, true);
    const auto task = ask(run, asker, parked ? parks_at_once : "{}", parked);
    run.write("go", "");
    Blocker cancel(run.database, cancel_sql(task));
    Rival ann(run, answer_sql(task, "main", "ann"));
    ann.waits(1);
    const bool commits = GENERATE(true, false);
    commits ? cancel.commit() : cancel.release();
    const auto refusal = ann.refusal();
    const auto* why = parked ? "it is cancelled" : "is being cancelled";
    CHECK((refusal.find(why) != std::string::npos) == commits);
    CHECK(refusal.empty() == !commits);
    run.write("go", "");
    run.until_status(task, commits ? "cancelled" : "succeeded");
    CHECK(run.database.value(outcomes) == (commits ? "withdrawn - -" : "answered main ann"));
    CHECK(heard(run, "main") == !commits);
}

TEST_CASE("a cancel that comes after an answer still cancels, and the answer stands",
          "[integration][engine][race]") {
    EngineRun run;
    const bool parked = GENERATE(false, true);
    const auto task = ask(run, askers[0], parked ? parks_at_once : "{}", parked);
    run.write("linger", ""); // what the answer sets going takes its time
    run.write("go", "");
    Blocker ann(run.database, answer_sql(task, "main", "ann"));
    Rival cancel(run, cancel_sql(task));
    cancel.waits(1);
    ann.commit();
    CHECK(cancel.refusal() == "");
    run.until_status(task, "cancelled");
    CHECK(run.database.value(outcomes) == "answered main ann");
    CHECK(run.database.value("select count(*) from agentcron.ready") == "0");
}

TEST_CASE("an agent that is being cancelled does not hear an answer any more",
          "[integration][engine][race]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(trap '' TERM; read task
echo '{"type":"question","id":"q","text":"Delete it?"}'
read -r line; echo "$line" > heard; read -r line && echo "$line" >> heard; exit 1)",
              R"({"grace":1})");
    run.start_worker();
    const auto task = run.enqueue("asker");
    run.until_status(task, "waiting_for_input");
    // Both are there when the worker looks.
    run.database.execute("update agentcron.leases set cancel_requested = true");
    run.database.execute("update agentcron.questions set outcome = 'answered', answer = 'yes', "
                         "closed_at = now()");
    run.look_for_signals();
    run.until_status(task, "cancelled");
    CHECK(run.file("heard") == "{\"type\":\"cancel\"}\n");
    CHECK(run.database.value("select delivered_at is null from agentcron.questions") == "t");
}

TEST_CASE("an answer that is being written when the agent withdraws its question stands",
          "[integration][engine][race]") {
    EngineRun run;
    const auto task = ask_and_withdraw(run);
    Blocker ann(run.database, answer_sql(task, "main", "ann"));
    run.write("withdraw", "");
    until_waiting(run, 1);
    const bool commits = GENERATE(true, false);
    commits ? ann.commit() : ann.release();
    run.until_status(task, "running");
    CHECK(run.database.value(outcomes) == (commits ? "answered main ann" : "withdrawn - -"));
    run.look_for_signals();
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.file("heard") == ""); // it said that it needs none
    CHECK(run.task(task, "run_no") == "1");
}

TEST_CASE("an answer that comes after the agent withdrew its question is refused",
          "[integration][engine][race]") {
    EngineRun run;
    const auto task = ask_and_withdraw(run);
    Blocker lock(run.database, lock_sql(task));
    run.write("withdraw", "");
    until_waiting(run, 1);
    Rival ann(run, answer_sql(task, "main", "ann"));
    ann.waits(2);
    lock.release();
    CHECK(ann.refusal().find("was withdrawn by its agent") != std::string::npos);
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.database.value(outcomes) == "withdrawn - -");
}

TEST_CASE("an answer whose delivery was not recorded before its worker died is not lost",
          "[integration][engine][race]") {
    EngineRun run;
    const auto& asker = GENERATE(from_range(askers));
    const auto task = ask(run, asker, "{}", false);
    run.write("linger", "");
    run.write("go", "");
    CHECK(run.answer(task, "main") == "");
    Blocker lock(run.database, lock_sql(task));
    run.until([&] { return heard(run, "main"); }, "the answer to reach the agent");
    until_waiting(run, 1); // the worker, which records it
    run.database.cut_off();
    lock.release();
    run.crash_worker(0);
    run.database.let_in();
    const bool its_process_lives = GENERATE(true, false);
    if (!its_process_lives) {
        run.end_leftovers();
        run.database.execute("update agentcron.leases set lease_until = '-infinity'");
        std::filesystem::remove(run.directory / "heard");
    }
    std::filesystem::remove(run.directory / "linger");
    run.start_worker();
    run.until_status(task, "succeeded");
    CHECK(heard(run, "main"));
    CHECK(run.task(task, "attempt || '/' || run_no") == (its_process_lives ? "1/1" : "1/2"));
    CHECK(run.database.value("select delivered_at is null from agentcron.questions") ==
          (its_process_lives ? "f" : "t"));
}

TEST_CASE("a process that dies with the answer it was given is tried again, and asks again",
          "[integration][engine][race]") {
    EngineRun run;
    run.agent("asker", "jsonl", R"(read task
echo '{"type":"question","id":"q","text":"Which branch?"}'
read -r line; echo "$line" >> heard; [ -e second ] || { echo > second; kill -9 $$; }
echo '{"type":"result"}')");
    run.start_worker();
    const auto task = run.enqueue("asker", "", R"({"retry":{"attempts":2,"backoff":0}})");
    run.until_status(task, "waiting_for_input");
    CHECK(run.answer(task, "main") == "");
    run.until_value("select run_no from agentcron.questions where outcome is null", "2");
    CHECK(run.database.value("select outcome || '/' || reason from agentcron.attempts where "
                             "run_no = 1") == "failed/signal");
    CHECK(run.answer(task, "next") == "");
    run.until_status(task, "succeeded");
    CHECK(run.database.value("select string_agg(answer, ' ' order by id) from "
                             "agentcron.questions") == "main next");
}

TEST_CASE("answers that come between asking and leaving all reach the next leg",
          "[integration][engine][race]") {
    EngineRun run;
    run.agent("asker", "command", R"(if [ "$AGENTCRON_ANSWER" ]; then cat > heard; exit; fi
for q in First Second; do ")" AGENTCRON_BINARY_DIR R"(/tests/tests_ask" \
"{\"text\":\"$q?\",\"park\":true}" > told; done
while [ ! -e go ]; do sleep 0.05; done; exit 75)");
    run.start_worker();
    const auto task = run.enqueue("asker");
    run.until_value("select count(*) from agentcron.inbox", "2");
    CHECK(run.answer(task, "one") == "");
    CHECK(run.answer(task, "two") == "");
    run.look_for_signals();
    CHECK(run.database.value("select count(*) from agentcron.questions where delivered_at is "
                             "not null") == "0");
    run.write("go", "");
    run.until_status(task, "succeeded");
    CHECK(run.file("heard").find("one") != std::string::npos);
    CHECK(run.file("heard").find("two") != std::string::npos);
    CHECK(run.task(task, "attempt || '/' || run_no") == "1/2");
}
