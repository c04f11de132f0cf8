// Notices when the disk of the runs is used up, so that agents that write have to wait for it, and
// when it has room again. Pure: given what was seen, it says what is new, each once.
#pragma once

#include "base/disk_room.hpp"

#include <optional>

namespace agentcron::engine {

class DiskWatch {
public:
    enum class News { read_only, full, has_room };

    std::optional<News> look(const base::DiskRoom& room) {
        const auto is = room.is_read_only   ? News::read_only
                        : room.is_used_up() ? News::full
                                            : News::has_room;
        // A little that was freed is soon written again.
        if (is == News::has_room && last_ == News::full && room.bytes < enough_bytes)
            return std::nullopt;
        if (is == last_) return std::nullopt;
        last_ = is;
        return is;
    }

private:
    static constexpr std::uint64_t enough_bytes = 2u << 20;
    News last_ = News::has_room;
};

} // namespace agentcron::engine
