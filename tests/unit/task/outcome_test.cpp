#include "task/outcome.hpp"

#include "support/catch.hpp"

#include <cerrno>

using namespace agentcron::task;
using agentcron::base::Seconds;

namespace {

using Verdict = Ending::Verdict;

Ending ended(Verdict verdict, std::string_view reason = "") {
    Ending ending;
    ending.exit_code = verdict == Verdict::succeeded ? 0 : 1;
    ending.verdict = verdict;
    ending.verdict_reason = reason;
    ending.verdict_message = "the driver's words";
    ending.program = "foo";
    ending.working_directory = "/srv/work";
    ending.timeout = Seconds{2'700};
    ending.output_bytes_max = 256ull << 20;
    return ending;
}

Ending failed_launch(std::string_view stage, int error) {
    Ending ending = ended(Verdict::failed);
    ending.stage = stage;
    ending.error = error;
    ending.exit_code.reset();
    return ending;
}

void check(const Ending& ending, Status status, Reason reason) {
    const Outcome outcome = decide_outcome(ending);
    CAPTURE(outcome.message);
    CHECK(name(outcome.status) == name(status));
    CHECK(name(outcome.reason) == name(reason));
    CHECK(allows(outcome.status, outcome.reason));
}

} // namespace

TEST_CASE("what the driver says decides a process that ended by itself", "[unit][task]") {
    check(ended(Verdict::succeeded), Status::succeeded, Reason::none);
    check(ended(Verdict::asked_and_left), Status::waiting_for_input, Reason::none);
    check(ended(Verdict::failed, "exit_code"), Status::failed, Reason::exit_code);
    check(ended(Verdict::failed, "signal"), Status::failed, Reason::signal);
    check(ended(Verdict::failed, "protocol"), Status::failed, Reason::protocol);
    CHECK(decide_outcome(ended(Verdict::failed, "signal")).message == "the driver's words");
}

TEST_CASE("a driver's unknown or unfit reason becomes protocol", "[unit][task]") {
    for (const auto* reason : {"", "gremlins", "overlap", "retry"})
        check(ended(Verdict::failed, reason), Status::failed, Reason::protocol);
}

TEST_CASE("limits decide whatever the agent says of itself", "[unit][task]") {
    Ending late = ended(Verdict::succeeded);
    late.deadline_hit = true;
    late.question_open = true;
    check(late, Status::failed, Reason::timeout);
    CHECK(decide_outcome(late).message == "stopped after its timeout of 45m");

    Ending loud = ended(Verdict::succeeded);
    loud.output_limit_hit = true;
    check(loud, Status::failed, Reason::output_limit);
    CHECK_THAT(decide_outcome(loud).message, Catch::Contains("more than 256 MiB"));
    loud.output_bytes_max = 1'000;
    CHECK_THAT(decide_outcome(loud).message, Catch::Contains("more than 1000 bytes"));
}

TEST_CASE("a cancelled task is cancelled unless it had ended well by itself", "[unit][task]") {
    for (Ending ending : {ended(Verdict::failed, "exit_code"), ended(Verdict::asked_and_left),
                          failed_launch("exec", ENOENT), failed_launch("lost", 0)}) {
        ending.cancel_requested = true;
        check(ending, Status::cancelled, Reason::user);
    }
    Ending done = ended(Verdict::succeeded);
    done.cancel_requested = true;
    check(done, Status::succeeded, Reason::none);
    done.terminated = true; // an exit with 0 after our signal says nothing
    done.cancel_reason = Reason::replaced;
    check(done, Status::cancelled, Reason::replaced);
    done.cancel_reason = Reason::exit_code;
    check(done, Status::cancelled, Reason::user);
}

TEST_CASE("an open question outlives its process", "[unit][task]") {
    Ending parked = ended(Verdict::failed, "signal");
    parked.question_open = true;
    parked.terminated = true;
    check(parked, Status::waiting_for_input, Reason::none);

    Ending rebooted = failed_launch("lost", 0);
    rebooted.question_open = true;
    check(rebooted, Status::waiting_for_input, Reason::none);

    Ending crashed = ended(Verdict::failed, "exit_code");
    crashed.question_open = true;
    check(crashed, Status::failed, Reason::exit_code);
}

TEST_CASE("an attempt that vanished or was stopped is lost", "[unit][task]") {
    check(failed_launch("lost", 0), Status::failed, Reason::lost);
    Ending stopped = ended(Verdict::succeeded);
    stopped.terminated = true;
    check(stopped, Status::failed, Reason::lost);
}

TEST_CASE("a failed launch names its stage, its error and what to do", "[unit][task]") {
    struct Case {
        const char* stage;
        int error;
        const char* program;
        const char* message;
    };
    for (const Case& c : {
             Case{"exec", ENOENT, "foo",
                  "exec: No such file or directory: 'foo' is not on the agent's PATH"},
             Case{"exec", ENOENT, "/opt/foo", "'/opt/foo', or the interpreter"},
             Case{"exec", EACCES, "./foo", "exec: Permission denied: './foo' may not be executed"},
             Case{"exec", ENOEXEC, "./foo", "exec: Exec format error: './foo' is no program"},
             Case{"exec", E2BIG, "foo", "too large together"},
             Case{"exec", ENOMEM, "foo",
                  "exec: Cannot allocate memory: 'foo' could not be started"},
             Case{"chdir", ENOENT, "foo",
                  "chdir: No such file or directory: the working directory '/srv/work'"},
             Case{"fork", EAGAIN, "foo", "fork: Resource temporarily unavailable: the machine"},
             Case{"pipe", EMFILE, "foo", "pipe: Too many open files"},
             Case{"spec", 0, "foo", "spec"},
         }) {
        Ending ending = failed_launch(c.stage, c.error);
        ending.program = c.program;
        check(ending, Status::failed, Reason::spawn);
        CHECK_THAT(decide_outcome(ending).message, Catch::Contains(c.message));
    }
}
