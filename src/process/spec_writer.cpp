#include "process/spec_writer.hpp"

#include "process/wire.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>

namespace agentcron::process {
namespace {

std::uint64_t millis(base::Millis duration) {
    return static_cast<std::uint64_t>(std::max<base::Millis::rep>(0, duration.count()));
}

std::array<std::string, 3> own_variables(const RunVariables& run) {
    return {std::string(wire::events_variable) + "=3",
            std::string(wire::socket_variable) + "=" + run.socket_path,
            std::string(wire::token_variable) + "=" + run.ask_token};
}

} // namespace

std::optional<std::string> write_spec(const LaunchSpec& spec, const RunVariables& run) {
    std::string strings;
    bool passable = !spec.argv.empty();
    const auto add = [&](const std::string& text) {
        passable = passable && text.find('\0') == std::string::npos;
        strings.append(text).push_back('\0');
    };
    add(spec.working_directory.string());
    add(run.ask_token);
    for (const std::string& argument : spec.argv) add(argument);
    for (const std::string& variable : spec.env) add(variable);
    for (const std::string& variable : own_variables(run)) add(variable);
    if (!passable || strings.size() > wire::strings_bytes_max) return std::nullopt;

    wire::SpecHeader header{};
    std::memcpy(header.magic, wire::spec_magic, sizeof header.magic);
    header.version = wire::protocol_version;
    header.header_bytes = sizeof header;
    header.deadline_ms = millis(spec.deadline);
    header.grace_ms = millis(spec.grace);
    header.output_bytes_max = spec.output_bytes_max;
    header.stdin_stays_open = spec.stdin_stays_open ? 1 : 0;
    header.argument_count = static_cast<std::uint32_t>(spec.argv.size());
    header.environment_count =
        static_cast<std::uint32_t>(spec.env.size() + own_variables(run).size());
    header.strings_bytes = strings.size();
    header.stdin_bytes = spec.stdin_bytes.size();
    header.in_cgroup = spec.needs_cgroup() ? 1 : 0;
    header.when_full = static_cast<std::uint32_t>(spec.when_full);
    return std::string(reinterpret_cast<const char*>(&header), sizeof header) + strings;
}

bool write_whole(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

base::UniqueFd spec_file(const LaunchSpec& spec, const RunVariables& run) {
    const auto head = write_spec(spec, run);
    if (!head) {
        errno = EINVAL;
        return {};
    }
    base::UniqueFd file(::memfd_create("agentcron-spec", MFD_CLOEXEC));
    if (file && !(write_whole(file.get(), *head) && write_whole(file.get(), spec.stdin_bytes))) {
        const int error = errno;
        file.reset();
        errno = error;
    }
    return file;
}

} // namespace agentcron::process
