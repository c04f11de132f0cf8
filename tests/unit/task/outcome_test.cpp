#include "task/outcome.hpp"

#include "support/catch.hpp"

#include <cerrno>
#include <tuple>

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

void check(const Outcome& outcome, Status status, Reason reason) {
    CAPTURE(outcome.message);
    CHECK(name(outcome.status) == name(status));
    CHECK(name(outcome.reason) == name(reason));
    CHECK(allows(outcome.status, outcome.reason));
}

void check(const Ending& ending, Status status, Reason reason) {
    check(decide_outcome(ending), status, reason);
}

HookEnding checked(int exit_code) {
    HookEnding ending;
    ending.exit_code = exit_code;
    ending.program = "verify";
    return ending;
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

TEST_CASE("an agent that was killed for its memory limit says so", "[unit][task]") {
    Ending large = ended(Verdict::failed, "signal");
    large.signal = 9;
    large.memory_limit_hit = true;
    large.memory_bytes_max = 2ull << 30;
    check(large, Status::failed, Reason::signal);
    CHECK(decide_outcome(large).message ==
          "killed by its memory limit of 2 GiB; limits.memory of the agent allows more");
    large.memory_bytes_max = 0;
    CHECK_THAT(decide_outcome(large).message, Catch::Contains("the machine had no memory left"));
    // Something that it started was; it lived on and ended by itself.
    large.signal.reset();
    large.exit_code = 1;
    CHECK(decide_outcome(large).message == "the driver's words");
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
    CHECK(decide_outcome(done).message == "replaced by a newer task");
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
    stopped.lease_over = true;
    check(stopped, Status::failed, Reason::lost);
    CHECK_THAT(decide_outcome(stopped).message, Catch::Contains("lease could not be renewed"));
    stopped.question_open = true;
    check(stopped, Status::waiting_for_input, Reason::none);
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
             Case{"spec", 0, "foo", "spec"},
         }) {
        Ending ending = failed_launch(c.stage, c.error);
        ending.program = c.program;
        check(ending, Status::failed, Reason::spawn);
        CHECK_THAT(decide_outcome(ending).message, Catch::Contains(c.message));
        CHECK_FALSE(decide_outcome(ending).waits_for_machine);
    }
}

TEST_CASE("a launch that failed for want of something of the machine's waits for it",
          "[unit][task]") {
    for (const auto& [stage, error, message] :
         {std::tuple{"fork", EAGAIN, "fork: Resource temporarily unavailable: the machine"},
          std::tuple{"pipe", EMFILE, "pipe: Too many open files: agentcron"},
          std::tuple{"spool", ENOSPC, "spool: No space left on device: the disk"}}) {
        auto ending = failed_launch(stage, error);
        CHECK(decide_outcome(ending).waits_for_machine);
        CHECK_THAT(decide_outcome(ending).message, Catch::Contains(message));
        ending.cancel_requested = true;
        CHECK_FALSE(decide_outcome(ending).waits_for_machine);
        check(ending, Status::cancelled, Reason::user);
    }
}

TEST_CASE("the limit that the engine ended an attempt for is its reason", "[unit][task]") {
    Ending stopped = ended(Verdict::succeeded);
    stopped.terminated = true;
    stopped.question_open = true;
    stopped.total_timeout = Seconds{7'200};
    stopped.input_timeout = Seconds{259'200};
    stopped.silent_for = Seconds{600};
    stopped.over_budget = "its budget is used up";
    struct Case {
        Ending::Limit limit;
        Reason reason;
        bool may_retry;
        const char* message;
    };
    for (const Case& c :
         {Case{Ending::Limit::timeout, Reason::timeout, true, "stopped after its timeout of 45m"},
          Case{Ending::Limit::total_timeout, Reason::timeout, false,
               "stopped at the end of its total_timeout of 2h"},
          Case{Ending::Limit::stall_timeout, Reason::stalled, true,
               "stopped because it wrote nothing for 10m; stall_timeout allows more"},
          Case{Ending::Limit::budget, Reason::budget, false, "stopped: its budget is used up"},
          Case{Ending::Limit::input_timeout, Reason::input_timeout, false,
               "nobody answered within its input_timeout of 3d"}}) {
        stopped.limit = c.limit;
        check(stopped, Status::failed, c.reason);
        CHECK(decide_outcome(stopped).message == c.message);
        CHECK(decide_outcome(stopped).may_retry == c.may_retry);
    }
    stopped.cancel_requested = true;
    check(stopped, Status::cancelled, Reason::user);
}

TEST_CASE("a limit of the provider is waited for as often as max_limit_waits allows",
          "[unit][task]") {
    Ending limited = ended(Verdict::limited);
    limited.limited_until = agentcron::base::Instant(Seconds{1'800'000'000});
    limited.limit_waits = 1;
    limited.max_limit_waits = 2;
    check(limited, Status::blocked, Reason::usage_limit);
    CHECK(decide_outcome(limited).until == limited.limited_until);
    CHECK(decide_outcome(limited).message == "the driver's words");
    limited.limit_waits = 2;
    check(limited, Status::failed, Reason::usage_limit);
    CHECK_THAT(decide_outcome(limited).message, Catch::Contains("after 2 waits"));
    // What ended it otherwise says more.
    limited.cancel_requested = true;
    check(limited, Status::cancelled, Reason::user);
}

TEST_CASE("a missing login is told with what to do", "[unit][task]") {
    Ending locked = ended(Verdict::login_needed);
    locked.agent = "claude";
    locked.account = "user ann on host h";
    locked.unblock_with = "agentcron resume nightly";
    check(locked, Status::blocked, Reason::auth);
    CHECK(decide_outcome(locked).message ==
          "agent claude cannot work before a person helps: the driver's words. Log in to it as "
          "user ann on host h, or correct its key, then `agentcron resume nightly`");
}

TEST_CASE("a success without the result that is required fails its check", "[unit][task]") {
    Ending empty = ended(Verdict::succeeded);
    empty.result_required = true;
    check(empty, Status::failed, Reason::check);
    CHECK(decide_outcome(empty).message == "gave no result although success.result is required");
    empty.verdict = Verdict::failed;
    empty.verdict_reason = "exit_code";
    check(empty, Status::failed, Reason::exit_code);
    empty.verdict = Verdict::asked_and_left;
    check(empty, Status::waiting_for_input, Reason::none);
    empty.verdict = Verdict::succeeded;
    empty.has_result = true;
    check(empty, Status::succeeded, Reason::none);
}

TEST_CASE("a task whose check ends with anything but 0 is failed", "[unit][task]") {
    const Ending agent = ended(Verdict::succeeded);
    check(decide_outcome(agent, checked(0)), Status::succeeded, Reason::none);
    CHECK(decide_outcome(agent, checked(0)).message == "the driver's words");

    HookEnding bad = checked(3);
    bad.last_line = "2 rows differ";
    check(decide_outcome(agent, bad), Status::failed, Reason::check);
    CHECK(decide_outcome(agent, bad).message ==
          "its check 'verify' exited with code 3: 2 rows differ");
    CHECK(decide_outcome(agent, bad).may_retry);
    CHECK(decide_outcome(agent, checked(1)).message == "its check 'verify' exited with code 1");

    HookEnding killed = checked(0);
    killed.exit_code.reset();
    killed.signal = 9;
    check(decide_outcome(agent, killed), Status::failed, Reason::check);
    CHECK(decide_outcome(agent, killed).message == "its check 'verify' was killed by signal 9");

    HookEnding late = checked(0); // after our signal, which says nothing
    late.terminated = late.out_of_time = true;
    check(decide_outcome(agent, late), Status::failed, Reason::check);
    CHECK(decide_outcome(agent, late).message == "its check 'verify' did not end in time");

    HookEnding loud = checked(0);
    loud.output_limit_hit = true;
    check(decide_outcome(agent, loud), Status::failed, Reason::check);

    HookEnding vanished = checked(0);
    vanished.stage = "lost";
    check(decide_outcome(agent, vanished), Status::failed, Reason::check);
}

TEST_CASE("a check that could not be started is not tried again", "[unit][task]") {
    HookEnding missing;
    missing.program = "verify";
    missing.stage = "exec";
    missing.error = ENOENT;
    const auto outcome = decide_outcome(ended(Verdict::succeeded), missing);
    check(outcome, Status::failed, Reason::check);
    CHECK_FALSE(outcome.may_retry);
    CHECK_THAT(outcome.message, Catch::StartsWith("the check could not be started: exec: No such "
                                                  "file or directory: 'verify' is not on"));
}

TEST_CASE("who wanted the end during a check decides it, unless the check had passed",
          "[unit][task]") {
    HookEnding stopped = checked(0);
    stopped.terminated = true;
    Ending agent = ended(Verdict::succeeded);
    check(decide_outcome(agent, stopped), Status::failed, Reason::lost);
    agent.total_timeout = Seconds{60};
    agent.limit = Ending::Limit::total_timeout;
    check(decide_outcome(agent, stopped), Status::failed, Reason::timeout);
    CHECK_FALSE(decide_outcome(agent, stopped).may_retry);
    check(decide_outcome(agent, checked(0)), Status::succeeded, Reason::none);
    agent.cancel_requested = true;
    check(decide_outcome(agent, stopped), Status::cancelled, Reason::user);
    check(decide_outcome(agent, checked(1)), Status::cancelled, Reason::user);
    agent.limit = Ending::Limit::none;
    check(decide_outcome(agent, checked(0)), Status::succeeded, Reason::none);
}

TEST_CASE("a conversation that is gone is replaced, or the failure is final", "[unit][task]") {
    Ending ending = ended(Verdict::failed, "protocol");
    ending.session_is_gone = true;
    ending.may_begin_anew = true;
    auto outcome = decide_outcome(ending);
    CHECK(outcome.begins_anew);
    CHECK(outcome.message == "its conversation could not be opened again: the driver's words");
    ending.may_begin_anew = false;
    ending.continues = 7;
    outcome = decide_outcome(ending);
    check(outcome, Status::failed, Reason::protocol);
    CHECK_FALSE(outcome.begins_anew);
    CHECK_FALSE(outcome.may_retry);
    CHECK(outcome.message == "task 7's conversation could not be opened again: the driver's words");
    ending.cancel_requested = true;
    check(ending, Status::cancelled, Reason::user);
}
