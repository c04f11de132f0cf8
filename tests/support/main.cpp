// The runner of every tier: Catch2's, and a line per case for tests/run, which shows progress from
// these lines and knows which case was running when a binary crashes. The lines go to the file that
// AGENTCRON_TEST_EVENTS names: "started", "passed", "failed" or "skipped", a tab, the case's name.
#define CATCH_CONFIG_RUNNER
#include "support/catch.hpp"
#include "support/skip.hpp"

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>

#if __has_include(<catch2/catch_all.hpp>)
using ListenerBase = Catch::EventListenerBase;
#else
using ListenerBase = Catch::TestEventListenerBase;
#endif

namespace {

bool skipped = false; // set by the running case, read when it ends

int open_events() {
    const char* path = std::getenv("AGENTCRON_TEST_EVENTS");
    // Close-on-exec: a child that outlives its test must not hold the reader's end open.
    return path ? ::open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
}

void report(const char* event, const std::string& name) {
    static const int events = open_events();
    if (events >= 0) ::dprintf(events, "%s\t%s\n", event, name.c_str());
}

class RunEvents : public ListenerBase {
public:
    using ListenerBase::ListenerBase;

    void testCaseStarting(const Catch::TestCaseInfo& info) override {
        name_ = info.name;
        skipped = false;
        report("started", name_);
    }

    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        const bool failed = stats.totals.testCases.failed > 0;
        report(failed ? "failed" : skipped ? "skipped" : "passed", name_);
    }

private:
    std::string name_;
};

} // namespace

CATCH_REGISTER_LISTENER(RunEvents)

void agentcron::support::report_skip(std::string_view reason) {
    skipped = true;
    std::printf("skipped: %.*s\n", static_cast<int>(reason.size()), reason.data());
}

// Catch2 returns the number of failures, which could be taken for "ended by a signal" (128 + n).
int main(int argc, char* argv[]) {
    return Catch::Session().run(argc, argv) == 0 ? 0 : 1;
}
