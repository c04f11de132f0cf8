// One attempt's directory on local disk: what a launcher makes, a shim fills and a daemon reads
// (wire.hpp lists the files). Everything is reached through the directory's descriptor, so the
// path may be longer than a Unix socket's address allows.
#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "process/exit_record.hpp"
#include "process/state_text.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace agentcron::process {

class RunDirectory {
public:
    // Makes it, 0700; it must not exist, its parent must. The error is errno.
    static base::Result<RunDirectory, int> create(const std::filesystem::path& path);
    static base::Result<RunDirectory, int> open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return path_; } // absolute
    int fd() const { return fd_.get(); }

    // For the launcher; empty with errno set on failure. The spool has its header and is locked for
    // as long as this descriptor, or one that was inherited from it, is open anywhere.
    base::UniqueFd create_spool() const;
    // Makes the exit record's draft with its space on the disk. 0 or errno.
    int reserve_exit() const;
    base::UniqueFd create_listener() const;
    base::UniqueFd create_file(const std::string& name) const; // 0600
    bool link_cgroup(const std::filesystem::path& cgroup) const;
    // Undoes a launch that failed; `files` are those of create_file.
    void remove(const std::vector<std::string>& files) const;

    // For everybody else; empty with errno set on failure.
    base::UniqueFd open_spool() const;
    base::UniqueFd open_file(const char* name) const;
    base::UniqueFd connect() const; // non-blocking; EAGAIN if the shim is far behind
    // Whether a shim holds the spool.
    bool is_held() const;
    // nullopt: not there, or not whole.
    std::optional<ExitRecord> read_exit() const;
    std::optional<MetaText> read_meta() const;
    // Where the link to the agent's control group leads; nullopt: it has none.
    std::optional<std::filesystem::path> cgroup() const;

private:
    RunDirectory(std::filesystem::path path, base::UniqueFd fd)
        : path_(std::move(path)), fd_(std::move(fd)) {}
    std::string read_small(const char* name) const;

    std::filesystem::path path_;
    base::UniqueFd fd_;
};

// Connects to the socket of the directory that `fd` is open on; empty with errno set on failure.
base::UniqueFd connect_to_shim(int directory_fd, bool blocking);

} // namespace agentcron::process
