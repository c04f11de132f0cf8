// AGENTCRON_CHECK(condition, format, values...): a bug, not an expected failure. Prints where and
// the values, then aborts: the supervisor restarts us, and nothing is lost because state lives in
// Postgres.
#pragma once

#include <cstdlib>
#include <spdlog/fmt/fmt.h>

namespace agentcron::base {

template <class... Args>
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               fmt::format_string<Args...> format, Args&&... args) {
    fmt::print(stderr, "{}:{}: CHECK({}) failed: {}\n", file, line, condition,
               fmt::format(format, std::forward<Args>(args)...));
    std::abort();
}

} // namespace agentcron::base

#define AGENTCRON_CHECK(condition, ...)                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ::agentcron::base::check_failed(__FILE__, __LINE__, #condition, __VA_ARGS__);          \
    } while (false)
