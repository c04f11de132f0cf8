#include "cron/zone_cache.hpp"

#include <sys/stat.h>

namespace agentcron::cron {

ZoneCache::FileStamp ZoneCache::stamp_of(const std::string& name) const {
    struct stat info {};
    if (::stat((directory_ + "/" + name).c_str(), &info) != 0) return {};
    return {static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino),
            static_cast<std::int64_t>(info.st_size),
            static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + info.st_mtim.tv_nsec};
}

base::Result<std::shared_ptr<const TimeZone>, ZoneError> ZoneCache::load(std::string_view name) {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(name); found != entries_.end()) return found->second.zone;
    // The stamp is taken first: a file replaced in between is then seen as changed.
    std::string key{name};
    const FileStamp stamp = stamp_of(key);
    auto zone = TimeZone::load(name, directory_);
    if (zone) entries_.emplace(std::move(key), Entry{*zone, stamp});
    return zone;
}

std::vector<std::string> ZoneCache::reload_changed() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> changed;
    for (auto& [name, entry] : entries_) {
        const FileStamp stamp = stamp_of(name);
        if (stamp == entry.stamp) continue;
        const auto zone = TimeZone::load(name, directory_);
        if (!zone) continue;
        if ((*zone)->data_version() != entry.zone->data_version()) changed.push_back(name);
        entry = {*zone, stamp};
    }
    return changed;
}

} // namespace agentcron::cron
