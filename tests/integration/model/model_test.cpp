// Random schedules, policies and events against the real schedulers' and workers' stores. A failure
// names its seed; AGENTCRON_MODEL_SEED repeats it, AGENTCRON_MODEL_ROUNDS runs so many fresh ones.
#include "integration/model/model.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <iostream>

namespace {

constexpr int steps = 60;

void run_model(std::uint64_t seed) {
    agentcron::model::Model model(seed);
    model.run(steps);
    model.drain();
    model.expect_life();
}

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace

TEST_CASE("whatever happens, every due time has one fate and no schedule is stuck",
          "[integration][model]") {
    if (std::getenv("AGENTCRON_MODEL_SEED")) return run_model(number_in("AGENTCRON_MODEL_SEED", 0));
    for (std::uint64_t seed = 1; seed <= 3; ++seed) run_model(seed);
    for (auto rounds = number_in("AGENTCRON_MODEL_ROUNDS", 1); rounds > 0; --rounds) {
        const std::uint64_t seed = std::random_device()();
        std::cout << "model seed " << seed << std::endl;
        run_model(seed);
    }
}
