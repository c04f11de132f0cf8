#include "process/launcher.hpp"

#include "process/spec_writer.hpp"
#include "process/wire.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <spdlog/fmt/fmt.h>
#include <sys/random.h>
#include <sys/resource.h>

namespace agentcron::process {
namespace {

// 128 random bits: who knows them was started inside this run.
std::optional<std::string> random_token() {
    unsigned char bytes[16];
    if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return std::nullopt;
    return fmt::format("{:02x}", fmt::join(bytes, ""));
}

// So many stay free, for what a daemon opens for the runs it has: a connection to a shim that is to
// end, to a database that comes back.
constexpr rlim_t descriptors_spare = 16;

// Descriptors are given from the lowest on, so a new one tells how many there are.
bool is_near_limit(int new_descriptor) {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           static_cast<rlim_t>(new_descriptor) + descriptors_spare >= limit.rlim_cur;
}

bool write_files(const LaunchSpec& spec, const RunDirectory& directory) {
    for (const auto& file : spec.files) {
        const base::UniqueFd fd = directory.create_file(file.name);
        if (!fd || !write_whole(fd.get(), file.bytes)) return false;
    }
    return true;
}

// A name of its own on this machine: that of the run and of its worker.
std::optional<LaunchError> give_cgroup(const LaunchSpec& spec, const RunDirectory& directory) {
    if (!spec.needs_cgroup()) return std::nullopt;
    const auto& path = directory.path();
    const auto name = fmt::format("agentcron.{}.{}", path.parent_path().filename().string(),
                                  path.filename().string());
    const auto group = make_cgroup(name, spec.resources);
    if (!group) return LaunchError{"cgroup", group.error().error, group.error().about};
    if (directory.link_cgroup(*group)) return std::nullopt;
    const int error = errno;
    remove_cgroup(*group);
    return LaunchError{"cgroup", error, path.string()};
}

} // namespace

std::string LaunchError::message() const {
    auto text = fmt::format("{}: {} ({}): {}", stage, std::strerror(error), error, path);
    if (stage == "cgroup")
        text += "; limits of memory, pids and cpu need cgroup v2 and a group that is agentcron's "
                "own: AGENTCRON_CGROUP names it, as the service does, or Delegate=yes gives it";
    return text;
}

base::Result<ShimInput, LaunchError> make_input(const LaunchSpec& spec,
                                                const RunDirectory& directory) {
    const auto failed = [&](const char* stage) {
        return LaunchError{stage, errno, directory.path().string()};
    };
    if (!write_files(spec, directory)) return failed("file");
    if (auto error = give_cgroup(spec, directory)) return *error;
    if ((errno = directory.reserve_exit()) != 0) return failed("exit");
    ShimInput input;
    input.spool = directory.create_spool();
    if (!input.spool) return failed("spool");
    input.listener = directory.create_listener();
    if (!input.listener) return failed("socket");
    const auto token = random_token();
    if (!token) return failed("spec");
    input.spec = spec_file(spec, {*token, (directory.path() / wire::socket_file).string()});
    if (!input.spec) return failed("spec");
    if (is_near_limit(input.spec.get())) {
        errno = EMFILE;
        return failed("descriptors");
    }
    return input;
}

std::optional<LaunchError> provide_files(const LaunchSpec& spec) {
    const auto directory = RunDirectory::create(spec.run_directory);
    if (!directory)
        return LaunchError{"run_directory", directory.error(), spec.run_directory.string()};
    if (write_files(spec, *directory)) return std::nullopt;
    return LaunchError{"file", errno, spec.run_directory.string()};
}

base::Result<base::Child, LaunchError> start_shim(const std::filesystem::path& shim,
                                                  const RunDirectory& directory,
                                                  const ShimInput& input) {
    base::SpawnRequest request;
    request.argv = {shim.string(),
                    directory.path().string()}; // the path is for people who see `ps`
    request.env.emplace();
    request.new_session = true;
    request.fds = {{input.spec.get(), wire::spec_fd},
                   {input.spool.get(), wire::spool_fd},
                   {directory.fd(), wire::directory_fd},
                   {input.listener.get(), wire::listener_fd}};
    auto child = base::spawn(request);
    if (!child) return LaunchError{"spawn", child.error().error, shim.string()};
    return std::move(*child);
}

} // namespace agentcron::process
