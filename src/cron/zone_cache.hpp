// Zones by name, read once and shared. Thread-safe.
// When the system's zone data is replaced, reload_changed() reads the changed files again: call it
// from time to time (each call costs one stat per cached zone). Zones handed out before stay valid.
#pragma once

#include "cron/time_zone.hpp"

#include <map>
#include <mutex>

namespace agentcron::cron {

class ZoneCache {
public:
    explicit ZoneCache(std::string directory = std::string{zoneinfo_directory})
        : directory_(std::move(directory)) {}

    // As TimeZone::load, but reads each name's file once. Failures are not remembered.
    base::Result<std::shared_ptr<const TimeZone>, ZoneError> load(std::string_view name);

    // Reads again every zone whose file was replaced. Returns the names whose rules differ now:
    // fire times stored for them must be computed again. A file that has become unreadable keeps
    // its old rules.
    std::vector<std::string> reload_changed();

private:
    // What identifies a file's content without reading it.
    struct FileStamp {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t size = 0;
        std::int64_t modified_ns = 0;
        friend bool operator==(const FileStamp&, const FileStamp&) = default;
    };
    struct Entry {
        std::shared_ptr<const TimeZone> zone;
        FileStamp stamp;
    };
    const std::string& nearest_name(const std::string& name);
    FileStamp stamp_of(const std::string& name) const;

    std::string directory_;
    std::mutex mutex_;
    std::map<std::string, Entry, std::less<>> entries_;
    // For refusals: the names to propose, read when first needed, and what was proposed last.
    std::vector<std::string> installed_;
    std::map<std::string, std::string> proposals_;
};

} // namespace agentcron::cron
