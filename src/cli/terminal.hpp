// What is known of the place that output goes to.
#pragma once

namespace agentcron::cli {

struct Terminal {
    bool is_terminal = false;
    bool colour = false; // a terminal, and neither NO_COLOR is set nor TERM=dumb
    int columns = 0;     // 0 = without limit
};

Terminal terminal_of(int fd);

} // namespace agentcron::cli
