#include "cli/terminal.hpp"

#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace agentcron::cli {

Terminal terminal_of(int fd) {
    Terminal terminal;
    terminal.is_terminal = ::isatty(fd) == 1;
    if (!terminal.is_terminal) return terminal;
    const char* no_color = std::getenv("NO_COLOR"); // no-color.org: set and not empty
    const char* term = std::getenv("TERM");
    terminal.colour = !(no_color && *no_color) && !(term && std::string_view(term) == "dumb");
    winsize size{};
    terminal.columns = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    return terminal;
}

} // namespace agentcron::cli
