// A small disk of a case's own, to be filled or covered: mounts in a namespace that this process
// enters with the first of them, so that nothing of it outlives the tests. Programs that are
// started afterwards see them too. Needs root.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>

namespace agentcron::support {

// Enters the namespace. "" or why mounts cannot be made here, for AGENTCRON_SKIP.
std::string why_no_mounts();

class SmallDisk {
public:
    // A tmpfs at `path`, which is made; `options` as of mount(8): "size=8m,nr_inodes=100".
    SmallDisk(std::filesystem::path path, const std::string& options);
    ~SmallDisk();
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    // Takes so many bytes, at most all, or the last inode; others' files stay. Again for what
    // became free.
    void fill(std::size_t bytes = std::numeric_limits<std::size_t>::max());
    void fill_inodes();
    void make_room(); // gives back what was taken

private:
    const std::filesystem::path path_;
    const std::filesystem::path ballast_;
    int files_ = 0;
};

// Whoever opens something below `path` from now on finds it read-only, until this goes.
class ReadOnlyCover {
public:
    explicit ReadOnlyCover(std::filesystem::path path);
    ~ReadOnlyCover();
    ReadOnlyCover(const ReadOnlyCover&) = delete;
    ReadOnlyCover& operator=(const ReadOnlyCover&) = delete;

private:
    const std::filesystem::path path_;
};

} // namespace agentcron::support
