#include "process/launcher.hpp"

#include "process/spec_writer.hpp"
#include "process/wire.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <spdlog/fmt/fmt.h>
#include <sys/random.h>

namespace agentcron::process {
namespace {

// 128 random bits: who knows them was started inside this run.
std::optional<std::string> random_token() {
    unsigned char bytes[16];
    if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return std::nullopt;
    return fmt::format("{:02x}", fmt::join(bytes, ""));
}

base::Result<base::Child, LaunchError> start_shim(const LaunchSpec& spec,
                                                  const RunDirectory& directory) {
    const std::string path = directory.path().string();
    const base::UniqueFd spool = directory.create_spool();
    if (!spool) return LaunchError{"spool", errno, path};
    const base::UniqueFd listener = directory.create_listener();
    if (!listener) return LaunchError{"socket", errno, path};
    const auto token = random_token();
    if (!token) return LaunchError{"spec", errno, path};
    const std::string socket_path = (directory.path() / wire::socket_file).string();
    const base::UniqueFd file = spec_file(spec, {*token, socket_path});
    if (!file) return LaunchError{"spec", errno, path};

    base::SpawnRequest request;
    request.argv = {spec.shim.string(), path}; // the path is there for people who look at `ps`
    request.env.emplace();
    request.new_session = true;
    request.fds = {{file.get(), wire::spec_fd},
                   {spool.get(), wire::spool_fd},
                   {directory.fd(), wire::directory_fd},
                   {listener.get(), wire::listener_fd}};
    auto child = base::spawn(request);
    if (!child) return LaunchError{"spawn", child.error().error, spec.shim.string()};
    return std::move(*child);
}

} // namespace

std::string LaunchError::message() const {
    return fmt::format("{}: {} ({}): {}", stage, std::strerror(error), error, path);
}

base::Result<LaunchedShim, LaunchError> launch_shim(const LaunchSpec& spec) {
    auto directory = RunDirectory::create(spec.run_directory);
    if (!directory)
        return LaunchError{"run_directory", directory.error(), spec.run_directory.string()};
    auto shim = start_shim(spec, *directory);
    if (!shim) {
        directory->remove();
        return shim.error();
    }
    return LaunchedShim{std::move(*directory), std::move(*shim)};
}

} // namespace agentcron::process
