// A whole system under a seeded nemesis. tests/chaos/run sets the variables; without them it is a
// short run that meets every fault once.
#include "chaos/drive.hpp"
#include "chaos/plan.hpp"
#include "support/catch.hpp"

#include <cstdio>
#include <cstdlib>
#include <spdlog/fmt/fmt.h>

using namespace agentcron;

namespace {

std::string setting(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value && *value ? value : otherwise;
}

} // namespace

TEST_CASE("under a nemesis nothing is lost and nothing doubled", "[chaos]") {
    chaos::Drive drive;
    drive.seed = std::stoull(setting("AGENTCRON_CHAOS_SEED", "1"));
    drive.steps = chaos::faults;
    if (const auto minutes = setting("AGENTCRON_CHAOS_MINUTES", ""); !minutes.empty())
        drive.lasts = std::chrono::minutes(std::stoi(minutes));
    drive.promises.adoption = true;
    drive.promises.fencing = true;

    const auto keep =
        std::filesystem::path(AGENTCRON_BINARY_DIR) / "chaos" / fmt::format("seed-{}", drive.seed);
    fmt::print("seed {}\n", drive.seed);
    std::fflush(stdout);
    const auto found = chaos::drive(drive, keep);
    INFO("seed " << drive.seed << ", all of it is in " << keep.string());
    CAPTURE(found);
    CHECK(found.empty());
}
