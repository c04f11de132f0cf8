#include "base/disk_room.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

namespace agentcron::base {

std::optional<DiskRoom> disk_room(const std::filesystem::path& path) {
    struct statvfs space {};
    if (::statvfs(path.c_str(), &space) != 0) return std::nullopt;
    const bool is_root = ::geteuid() == 0;
    DiskRoom room;
    room.bytes = std::uint64_t{is_root ? space.f_bfree : space.f_bavail} * space.f_frsize;
    if (space.f_files != 0) room.files = is_root ? space.f_ffree : space.f_favail;
    room.is_read_only = (space.f_flag & ST_RDONLY) != 0;
    return room;
}

} // namespace agentcron::base
