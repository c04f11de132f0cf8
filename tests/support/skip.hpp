// A case that cannot run on this machine says so, by name, instead of passing quietly. Catch2 3 has
// a SKIP of its own, Catch2 2 has none; both end in the same line for tests/run.
#pragma once

#include <string_view>

namespace agentcron::support {

// Reports the running case as skipped; defined beside the runner. Called by the macro only.
void report_skip(std::string_view reason);

} // namespace agentcron::support

// Leaves the test case. `reason` names what is missing: "systemd-analyze is not installed".
#define AGENTCRON_SKIP(reason)                                                                     \
    do {                                                                                           \
        ::agentcron::support::report_skip(reason);                                                 \
        return;                                                                                    \
    } while (false)
