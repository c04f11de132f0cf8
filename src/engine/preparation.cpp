#include "engine/preparation.hpp"

#include <utility>

namespace agentcron::engine {

Preparation::Preparation(Prepared known, std::vector<std::unique_ptr<PreparationStep>> steps,
                         std::function<void()> changed)
    : prepared_(std::move(known)), steps_(std::move(steps)), changed_(std::move(changed)) {}

bool Preparation::proceed(OutputBuffer& rows) {
    while (!has_ended()) {
        auto& step = *steps_[at_];
        if (!std::exchange(started_, true)) step.start(prepared_, changed_);
        if (!step.proceed(rows)) return false;
        failure_ = step.failure();
        reason_ = step.reason();
        waits_for_machine_ = step.waits_for_machine();
        started_ = false;
        at_ = stopped_ || !failure_.empty() ? steps_.size() : at_ + 1;
    }
    return true;
}

void Preparation::stop(base::Millis grace) {
    stopped_ = true;
    if (started_) steps_[at_]->stop(grace);
}

void Preparation::kill() {
    stopped_ = true;
    if (started_) steps_[at_]->kill();
}

} // namespace agentcron::engine
