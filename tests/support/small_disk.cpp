#include "support/small_disk.hpp"

#include "base/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <stdexcept>
#include <sys/mount.h>
#include <system_error>
#include <unistd.h>

namespace agentcron::support {
namespace fs = std::filesystem;
namespace {

// 0 or errno.
int enter_namespace() {
    if (::unshare(CLONE_NEWNS) != 0) return errno;
    return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 ? 0 : errno;
}

void require(int result, const std::string& what) {
    if (result != 0) throw std::system_error(errno, std::generic_category(), what);
}

} // namespace

std::string why_no_mounts() {
    static const int error = enter_namespace();
    return error == 0 ? "" : "mounts cannot be made: " + std::generic_category().message(error);
}

SmallDisk::SmallDisk(fs::path path, const std::string& options)
    : path_(std::move(path)), ballast_(path_ / "ballast") {
    fs::create_directories(path_);
    require(::mount("small", path_.c_str(), "tmpfs", 0, options.c_str()), "mounting " + options);
}

SmallDisk::~SmallDisk() {
    ::umount2(path_.c_str(), MNT_DETACH);
}

void SmallDisk::fill(std::size_t bytes) {
    const base::UniqueFd fd(
        ::open(ballast_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    static constexpr std::array<char, 65536> zeros{};
    auto size = std::min(bytes, zeros.size());
    while (size > 0) {
        const auto written = ::write(fd.get(), zeros.data(), size);
        if (written < 0 && errno != ENOSPC) require(-1, ballast_.string());
        if (written > 0)
            bytes -= static_cast<std::size_t>(written);
        else
            size /= 2;
        size = std::min(size, bytes);
    }
}

void SmallDisk::fill_inodes() {
    fs::create_directories(ballast_);
    while (true) {
        const auto file = ballast_ / std::to_string(files_);
        const base::UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        if (!fd && errno == ENOSPC) return;
        require(fd ? 0 : -1, file.string());
        ++files_;
    }
}

void SmallDisk::make_room() {
    fs::remove_all(ballast_);
}

ReadOnlyCover::ReadOnlyCover(fs::path path) : path_(std::move(path)) {
    const auto* const here = path_.c_str();
    require(::mount(here, here, nullptr, MS_BIND, nullptr), "covering " + path_.string());
    require(::mount(nullptr, here, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr),
            "making read-only " + path_.string());
}

ReadOnlyCover::~ReadOnlyCover() {
    ::umount2(path_.c_str(), MNT_DETACH);
}

} // namespace agentcron::support
