#include "base/program_path.hpp"

#include "base/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace agentcron::base {
namespace {

bool is_program(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           ::access(path.c_str(), X_OK) == 0;
}

} // namespace

std::optional<std::string> find_program(const std::string& program, std::string_view path) {
    if (program.empty()) return std::nullopt;
    if (program.find('/') != std::string::npos)
        return is_program(program) ? std::optional(program) : std::nullopt;
    for (const auto directory : split(path, ':')) {
        auto candidate = std::string(directory) + "/" + program;
        if (!directory.empty() && is_program(candidate)) return candidate;
    }
    return std::nullopt;
}

} // namespace agentcron::base
