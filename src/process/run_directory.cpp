#include "process/run_directory.hpp"

#include "process/cgroup.hpp"
#include "process/state_parser.hpp"
#include "process/wire.hpp"

#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace agentcron::process {
namespace {

// Daemons and askers queue here until the shim accepts them.
constexpr int backlog = 1024;

// The detour through /proc keeps the address within the 107 bytes it may have.
sockaddr_un socket_address(int directory_fd) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    fmt::format_to_n(address.sun_path, sizeof address.sun_path - 1, "/proc/self/fd/{}/{}",
                     directory_fd, wire::socket_file);
    return address;
}

struct flock whole_file_lock() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

bool write_spool_header(int fd) {
    wire::SpoolHeader header{};
    std::memcpy(header.magic, wire::spool_magic, sizeof header.magic);
    header.version = wire::protocol_version;
    header.header_bytes = sizeof header;
    const ssize_t written = ::write(fd, &header, sizeof header);
    if (written >= 0 && written != sizeof header) errno = ENOSPC;
    return written == sizeof header;
}

} // namespace

base::Result<RunDirectory, int> RunDirectory::create(const std::filesystem::path& path) {
    const std::filesystem::path whole = std::filesystem::absolute(path);
    if (::mkdir(whole.c_str(), 0700) != 0) return errno;
    auto directory = open(whole);
    if (!directory) ::rmdir(whole.c_str());
    return directory;
}

base::Result<RunDirectory, int> RunDirectory::open(const std::filesystem::path& path) {
    const std::filesystem::path whole = std::filesystem::absolute(path);
    base::UniqueFd fd(::open(whole.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return errno;
    return RunDirectory(whole, std::move(fd));
}

base::UniqueFd RunDirectory::create_spool() const {
    base::UniqueFd fd(::openat(fd_.get(), wire::spool_file,
                               O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) return fd;
    struct flock lock = whole_file_lock();
    if (::fcntl(fd.get(), F_OFD_SETLK, &lock) != 0 || !write_spool_header(fd.get())) {
        const int error = errno;
        fd.reset();
        errno = error;
    }
    return fd;
}

int RunDirectory::reserve_exit() const {
    const base::UniqueFd fd = create_file(wire::exit_draft_file);
    if (!fd) return errno;
    // Not every file system can reserve; then the record is written when there is space.
    const int reserved = ::fallocate(fd.get(), 0, 0, state_text_bytes_max);
    return reserved != 0 && errno != EOPNOTSUPP && errno != ENOSYS ? errno : 0;
}

base::UniqueFd RunDirectory::create_listener() const {
    base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fd;
    const sockaddr_un address = socket_address(fd_.get());
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd.get(), backlog) != 0) {
        const int error = errno;
        fd.reset();
        errno = error;
    }
    return fd;
}

base::UniqueFd RunDirectory::create_file(const std::string& name) const {
    return base::UniqueFd(
        ::openat(fd_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

bool RunDirectory::link_cgroup(const std::filesystem::path& cgroup) const {
    return ::symlinkat(cgroup.c_str(), fd_.get(), wire::cgroup_link) == 0;
}

std::optional<std::filesystem::path> RunDirectory::cgroup() const {
    char target[PATH_MAX];
    const ssize_t size = ::readlinkat(fd_.get(), wire::cgroup_link, target, sizeof target);
    if (size <= 0) return std::nullopt;
    return std::string(target, static_cast<std::size_t>(size));
}

// Without a descriptor: perhaps that is what there are no more of.
void RunDirectory::remove(const std::vector<std::string>& files) const {
    for (const std::string& name : files) ::unlinkat(fd_.get(), name.c_str(), 0);
    if (const auto group = cgroup()) remove_cgroup(*group);
    ::unlinkat(fd_.get(), wire::cgroup_link, 0);
    ::unlinkat(fd_.get(), wire::exit_draft_file, 0);
    ::unlinkat(fd_.get(), wire::spool_file, 0);
    ::unlinkat(fd_.get(), wire::socket_file, 0);
    ::rmdir(path_.c_str());
}

base::UniqueFd RunDirectory::open_spool() const {
    return open_file(wire::spool_file);
}

base::UniqueFd RunDirectory::open_file(const char* name) const {
    return base::UniqueFd(::openat(fd_.get(), name, O_RDONLY | O_CLOEXEC));
}

base::UniqueFd RunDirectory::connect() const {
    return connect_to_shim(fd_.get(), false);
}

bool RunDirectory::is_held() const {
    const base::UniqueFd spool = open_spool();
    if (!spool) return false;
    struct flock lock = whole_file_lock();
    return ::fcntl(spool.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::optional<ExitRecord> RunDirectory::read_exit() const {
    auto record = parse_exit_record(read_small(wire::exit_file));
    if (!record) return std::nullopt;
    return *record;
}

std::optional<MetaText> RunDirectory::read_meta() const {
    const auto meta = parse_meta(read_small(wire::meta_file));
    if (!meta) return std::nullopt;
    return *meta;
}

std::string RunDirectory::read_small(const char* name) const {
    const base::UniqueFd fd = open_file(name);
    char text[4 * state_text_bytes_max]; // a newer shim may write more than we do
    const ssize_t size = fd ? ::read(fd.get(), text, sizeof text) : 0;
    return std::string(text, static_cast<std::size_t>(size > 0 ? size : 0));
}

base::UniqueFd connect_to_shim(int directory_fd, bool blocking) {
    base::UniqueFd fd(
        ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK), 0));
    if (!fd) return fd;
    const sockaddr_un address = socket_address(directory_fd);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int error = errno;
        fd.reset();
        errno = error;
    }
    return fd;
}

} // namespace agentcron::process
