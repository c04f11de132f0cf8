// Collects the mistakes of all files while they are read, so that they are shown together.
#pragma once

#include "config/config.hpp"
#include "config/source.hpp"

#include <string>
#include <utility>
#include <vector>

namespace agentcron::config {

// More than this are cut to one last line that counts the rest.
inline constexpr std::size_t errors_shown_max = 50;

class ErrorList {
public:
    // At a byte offset of a source, which must live until take().
    void add(const Source& source, std::size_t offset, std::string message);
    // About a file as a whole.
    void add(Error error);
    bool empty() const { return found_.empty(); }
    // By file, line and column, each once; bounded.
    std::vector<Error> take();

private:
    // Lines and columns are counted only for what is shown.
    struct Found {
        Error error;
        const Source* source = nullptr;
        std::size_t offset = 0;
    };
    std::vector<Found> found_;
};

} // namespace agentcron::config
