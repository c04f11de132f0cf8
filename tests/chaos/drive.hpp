// One whole run: a site, its workload, a nemesis, and what the checker finds at the end.
#pragma once

#include "chaos/checker.hpp"
#include "chaos/site.hpp"

#include <optional>

namespace agentcron::chaos {

struct Drive {
    std::uint64_t seed = 1;
    int steps = 0;
    std::optional<base::Seconds> lasts{}; // instead of steps: as many as there is time for
    Promises promises{};                  // the lease is the site's
};

// The violations. Where there are any, history and logs stay in `keep`, else nothing does.
std::vector<std::string> drive(const Drive& drive, const std::filesystem::path& keep);

// Ends the daemons and reads what there is to know of the site.
void end_and_read(Site& site, History& history);

// Judges it, and writes the verdict beside what the site kept.
std::vector<std::string> judge(const History& history, const Promises& promises,
                               const std::filesystem::path& keep);

} // namespace agentcron::chaos
