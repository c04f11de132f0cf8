// `tests_ask JSON`: asks from inside an agent as `agentcron ask` does, and prints the reply.
#include "process/ask_client.hpp"

#include <spdlog/fmt/fmt.h>

int main(int, char* argv[]) {
    const auto reply = agentcron::process::ask(argv[1]);
    fmt::print("{}\n", reply ? *reply : reply.error().message);
    return reply ? 0 : 1;
}
