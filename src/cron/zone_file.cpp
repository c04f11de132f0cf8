#include "cron/zone_file.hpp"

#include "cron/tzif.hpp"
#include "cron/zone_names.hpp"

#include <algorithm>
#include <fstream>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

std::uint64_t fnv1a(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

// False: it cannot be opened.
bool read_file(const std::string& path, std::string& bytes) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return false;
    bytes.resize(file_bytes_max);
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return true;
}

} // namespace

base::Result<std::shared_ptr<const TimeZone>, std::string>
read_zone_file(std::string_view name, const std::string& directory) {
    if (std::string problem = refuse_zone_name(name); !problem.empty()) return problem;
    std::string bytes;
    if (!read_file(fmt::format("{}/{}", directory, name), bytes)) {
        if (name == "UTC" || name == "Etc/UTC") return TimeZone::utc();
        return std::string{"there is no such time zone"};
    }
    auto zone = decode_tzif(bytes);
    if (!zone) return zone.error();
    return std::make_shared<const TimeZone>(std::string{name}, zone->first_offset, zone->changes,
                                            fnv1a(bytes));
}

} // namespace agentcron::cron
