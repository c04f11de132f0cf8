// A second opinion on fire times, slow and simple: it walks the clock of the C library through a
// zone and asks of every step whether a run is due. Written from the rules, without the engine's
// code: own reading of the pattern, own calendar, the C library's zones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace agentcron::test {

// The fire times in [from, until), UTC seconds, of a valid five- to seven-field pattern without
// `H`. Steps over the clock in seconds, or half minutes for five fields.
std::vector<std::int64_t> walk(const std::string& pattern, const std::string& zone,
                               std::int64_t from, std::int64_t until);

// A zone as the C library knows it. Sets TZ for its lifetime: one at a time.
class CLibraryZone {
public:
    explicit CLibraryZone(const std::string& name);
    CLibraryZone(const CLibraryZone&) = delete;
    CLibraryZone& operator=(const CLibraryZone&) = delete;
    ~CLibraryZone();

    // Seconds east of UTC.
    std::int64_t offset_at(std::int64_t utc) const;

private:
    std::string previous_;
    bool had_previous_ = false;
};

} // namespace agentcron::test
