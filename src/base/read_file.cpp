#include "base/read_file.hpp"

#include "base/unique_fd.hpp"

#include <cerrno>
#include <fcntl.h>

namespace agentcron::base {

std::optional<std::string> read_file(const std::filesystem::path& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return std::nullopt;
    std::string text;
    char part[4096];
    for (;;) {
        const ssize_t size = ::read(fd.get(), part, sizeof part);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return std::nullopt;
        if (size == 0) return text;
        text.append(part, static_cast<std::size_t>(size));
    }
}

} // namespace agentcron::base
