#include "engine/recorded.hpp"

#include "base/unique_fd.hpp"
#include "process/spool_reader.hpp"
#include "process/wire.hpp"

#include <fcntl.h>

namespace agentcron::engine {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;

} // namespace

Recorded recorded_in(const std::filesystem::path& run_directory, const Part& part) {
    base::UniqueFd spool(
        ::open((run_directory / process::wire::spool_file).c_str(), O_RDONLY | O_CLOEXEC));
    if (!spool) return {};
    process::SpoolReader reader(std::move(spool), part.from);
    Recorded recorded;
    bool counts = part.mark.empty();
    for (auto frames = reader.read(read_bytes); !frames.empty(); frames = reader.read(read_bytes))
        for (const auto& frame : frames) {
            if (frame.offset >= part.to) return recorded;
            recorded.end = frame.offset + frame.bytes.size();
            if (frame.stream != process::Stream::in) continue;
            counts = counts || frame.bytes.starts_with(part.mark);
            if (counts) recorded.fed_bytes += frame.bytes.size();
        }
    return recorded;
}

} // namespace agentcron::engine
