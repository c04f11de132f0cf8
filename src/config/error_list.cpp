#include "config/error_list.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>
#include <tuple>
#include <utility>

namespace agentcron::config {

std::string Error::text() const {
    if (file.empty()) return message;
    if (line == 0) return fmt::format("{}: {}", file.string(), message);
    return fmt::format("{}:{}:{}: {}", file.string(), line, column, message);
}

void ErrorList::add(const Source& source, std::size_t offset, std::string message) {
    found_.push_back({{source.file(), 0, 0, std::move(message)}, &source, offset});
}

void ErrorList::add(Error error) {
    found_.push_back({std::move(error), nullptr, 0});
}

std::vector<Error> ErrorList::take() {
    const auto place = [](const Found& found) { return std::tie(found.error.file, found.offset); };
    std::stable_sort(found_.begin(), found_.end(),
                     [&](const Found& a, const Found& b) { return place(a) < place(b); });
    // A value that aliases repeat is wrong once.
    const auto same = [&](const Found& a, const Found& b) {
        return place(a) == place(b) && a.error.message == b.error.message;
    };
    found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
    std::vector<Error> shown;
    for (Found& found : found_) {
        if (shown.size() == errors_shown_max) {
            const std::size_t more = found_.size() - errors_shown_max;
            shown.push_back({{}, 0, 0, fmt::format("and {} more", more)});
            break;
        }
        if (found.source) {
            const Position position = found.source->position(found.offset);
            found.error.line = position.line;
            found.error.column = position.column;
        }
        shown.push_back(std::move(found.error));
    }
    found_.clear();
    return shown;
}

} // namespace agentcron::config
