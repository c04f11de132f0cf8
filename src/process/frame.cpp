#include "process/frame.hpp"

#include "process/wire.hpp"

#include <cstring>

namespace agentcron::process {

std::optional<Cut> read_cut(std::string_view frame_bytes) {
    wire::CutMark mark;
    if (frame_bytes.size() < sizeof mark) return std::nullopt;
    std::memcpy(&mark, frame_bytes.data(), sizeof mark);
    switch (const auto kind = static_cast<Cut::Kind>(mark.kind)) {
    case Cut::Kind::begins:
    case Cut::Kind::goes_on:
    case Cut::Kind::ends: return Cut{kind, mark.missing_bytes};
    }
    return std::nullopt;
}

} // namespace agentcron::process
