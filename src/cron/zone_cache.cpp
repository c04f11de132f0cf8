#include "cron/zone_cache.hpp"

#include "cron/zone_file.hpp"
#include "cron/zone_names.hpp"

#include <sys/stat.h>

namespace agentcron::cron {
namespace {
constexpr std::size_t proposals_max = 256;
}

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
    auto zone = read_zone_file(name, directory_);
    if (!zone) {
        std::string nearest = nearest_name(key);
        return ZoneError{std::move(key), zone.error(), std::move(nearest)};
    }
    entries_.emplace(std::move(key), Entry{*zone, stamp});
    return *zone;
}

const std::string& ZoneCache::nearest_name(const std::string& name) {
    if (installed_.empty()) installed_ = installed_zone_names(directory_);
    if (proposals_.size() >= proposals_max) proposals_.clear();
    const auto [proposal, fresh] = proposals_.try_emplace(name);
    if (fresh) proposal->second = nearest_zone_name(name, installed_);
    return proposal->second;
}

std::vector<std::string> ZoneCache::reload_changed() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> changed;
    installed_.clear();
    proposals_.clear();
    for (auto& [name, entry] : entries_) {
        const FileStamp stamp = stamp_of(name);
        if (stamp == entry.stamp) continue;
        const auto zone = read_zone_file(name, directory_);
        if (!zone) continue;
        if ((*zone)->data_version() != entry.zone->data_version()) changed.push_back(name);
        entry = {*zone, stamp};
    }
    return changed;
}

} // namespace agentcron::cron
