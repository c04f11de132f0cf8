#include "process/output_tail.hpp"

#include "process/wire.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace agentcron::process {
namespace {

struct Mark {
    wire::RecordHeader header;
    wire::CutMark mark;
};
static_assert(sizeof(Mark) == sizeof(wire::RecordHeader) + sizeof(wire::CutMark));

// nullopt: the shim was killed before it wrote that.
std::optional<std::uint64_t> bytes_before(const base::UniqueFd& file) {
    Mark first{};
    if (::pread(file.get(), &first, sizeof first, 0) != sizeof first) return std::nullopt;
    const bool is_mark = first.header.magic == wire::record_magic &&
                         first.header.stream == static_cast<std::uint8_t>(Stream::cut);
    return is_mark ? std::optional(first.mark.missing_bytes) : std::nullopt;
}

} // namespace

std::vector<SpoolReader::Part> open_tail(const RunDirectory& directory) {
    std::vector<std::pair<std::uint64_t, base::UniqueFd>> found;
    for (const char* name : wire::tail_files) {
        base::UniqueFd file = directory.open_file(name);
        if (!file && errno != ENOENT)
            spdlog::error("cannot open {}, so the output in it is lost: {}",
                          (directory.path() / name).string(), std::strerror(errno));
        const auto before = file ? bytes_before(file) : std::nullopt;
        if (before) found.emplace_back(*before, std::move(file));
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<SpoolReader::Part> parts;
    for (auto& [before, file] : found) {
        // The mark of the second says nothing about what is missing: the first is there.
        const std::uint64_t from = parts.empty() ? 0 : sizeof(Mark);
        parts.push_back({std::move(file), from});
    }
    return parts;
}

} // namespace agentcron::process
