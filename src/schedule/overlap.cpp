#include "schedule/overlap.hpp"

#include <algorithm>
#include <limits>
#include <spdlog/fmt/fmt.h>

namespace agentcron::schedule {
namespace {

using Kind = OverlapFate::Kind;
using Standing = Unfinished::Standing;

// The first of the others, by id, for which `holds`; nullptr: none.
template <class Holds>
const Unfinished* first(std::span<const Unfinished> others, Holds holds) {
    const Unfinished* found = nullptr;
    for (const Unfinished& other : others)
        if (holds(other) && (!found || other.task_id < found->task_id)) found = &other;
    return found;
}

template <class Holds>
int count(std::span<const Unfinished> others, Holds holds) {
    return static_cast<int>(std::count_if(others.begin(), others.end(), holds));
}

bool is_queued(const Unfinished& other) {
    return other.standing == Standing::in_line || other.standing == Standing::begun;
}

bool is_waiting(const Unfinished& other) {
    return other.standing == Standing::waiting;
}

// A question that is open stops what is new, whatever the overlap policy; not what a person asks
// for.
const Unfinished* open_question(const OverlapPolicy& policy, const OverlapTask& task,
                                std::span<const Unfinished> others) {
    if (task.begun || task.keep || policy.while_waiting == WhileWaiting::allow) return nullptr;
    return first(others, is_waiting);
}

OverlapFate skip_for_question(const Unfinished& other) {
    return {.kind = Kind::skip_for_question,
            .because_of = other.task_id,
            .message = fmt::format("task {} waits for a person", other.task_id),
            .cancels = {}};
}

OverlapFate skip(const Unfinished& other, std::string message) {
    return {.kind = Kind::skip,
            .because_of = other.task_id,
            .message = std::move(message),
            .cancels = {}};
}

OverlapFate wait_for(const Unfinished& other) {
    return {.kind = Kind::wait,
            .because_of = other.task_id,
            .message = fmt::format("task {}", other.task_id),
            .cancels = {}};
}

std::string words_for(const Unfinished& other) {
    switch (other.standing) {
    case Standing::in_line: return fmt::format("task {} had not started yet", other.task_id);
    case Standing::begun:
    case Standing::lost:
    case Standing::running: return fmt::format("task {} was not finished", other.task_id);
    case Standing::waiting: return fmt::format("task {} waits for a person", other.task_id);
    }
    return "";
}

// How many unfinished tasks may be before a new one that the policy keeps.
int room(const OverlapPolicy& policy) {
    switch (policy.overlap) {
    case Overlap::skip: return 0;
    case Overlap::queue_one: return 1;
    case Overlap::queue_all: return policy.queue_max;
    case Overlap::cancel_previous:
    case Overlap::allow: return std::numeric_limits<int>::max();
    }
    return 0;
}

// The queue that the policy allows is full: says by whom.
OverlapFate full(const OverlapPolicy& policy, std::span<const Unfinished> others,
                 const Unfinished& first_one) {
    const Unfinished* in_line =
        first(others, [](const auto& other) { return other.standing == Standing::in_line; });
    if (policy.overlap == Overlap::queue_one && in_line)
        return skip(*in_line, fmt::format("task {} already waits its turn", in_line->task_id));
    if (policy.overlap == Overlap::queue_all)
        return skip(first_one, fmt::format("{} earlier tasks wait already, as many as queue_max "
                                           "allows",
                                           policy.queue_max));
    return skip(first_one, words_for(first_one));
}

} // namespace

OverlapFate at_entry(const OverlapPolicy& policy, const OverlapTask& task,
                     std::span<const Unfinished> others) {
    if (const auto* question = open_question(policy, task, others))
        return skip_for_question(*question);
    if (task.begun || task.keep) return {};
    // A lost task costs no due time: what comes now waits for its end.
    const auto counts = [](const auto& other) {
        return !is_waiting(other) && other.standing != Standing::lost;
    };
    const int before = count(others, counts);
    if (before <= room(policy)) return {};
    return full(policy, others, *first(others, counts));
}

OverlapFate at_start(const OverlapPolicy& policy, const OverlapTask& task,
                     std::span<const Unfinished> others) {
    if (policy.overlap == Overlap::allow && policy.while_waiting == WhileWaiting::allow) return {};
    if (const auto* question = open_question(policy, task, others))
        return skip_for_question(*question);
    if (policy.overlap == Overlap::allow) return {};

    const auto is_alive = [](const Unfinished& other) {
        return other.standing == Standing::running || other.standing == Standing::lost;
    };
    if (task.begun) {
        const auto* alive = first(others, is_alive);
        return alive ? wait_for(*alive) : OverlapFate{};
    }

    // Only what is held back under the same key: that is let go in order. What is in the queue but
    // out of reach, because somebody holds its row, must not hold up the others.
    const auto is_ahead = [&](const Unfinished& other) {
        return is_queued(other) && other.waits_turn && other.turn_at < task.turn_at;
    };
    const auto is_newer = [&](const Unfinished& other) {
        return other.standing == Standing::in_line && other.turn_at > task.turn_at;
    };
    // What ran before and waits its turn itself stands in line: it holds up nobody before it.
    const auto is_busy = [&](const Unfinished& other) {
        return is_alive(other) || (other.standing == Standing::begun && !other.waits_turn);
    };
    if (policy.overlap == Overlap::cancel_previous && !task.keep) {
        if (const auto* newer = first(others, is_newer))
            return {.kind = Kind::replaced,
                    .because_of = newer->task_id,
                    .message = fmt::format("replaced by task {}", newer->task_id),
                    .cancels = {}};
        const auto is_earlier = [&](const Unfinished& other) {
            return is_alive(other) || other.standing == Standing::begun;
        };
        const auto* earlier = first(others, is_earlier);
        if (!earlier) return {};
        auto fate = wait_for(*earlier);
        for (const auto& other : others)
            if (is_earlier(other)) fate.cancels.push_back(other.task_id);
        return fate;
    }
    const auto* busy = first(others, is_busy);
    const auto* ahead = first(others, is_ahead);
    if (!busy) return ahead ? wait_for(*ahead) : OverlapFate{};
    const bool only_lost = std::none_of(others.begin(), others.end(), [&](const auto& other) {
        return is_busy(other) && other.standing != Standing::lost;
    });
    if (!task.keep && !only_lost && count(others, is_ahead) >= room(policy))
        return full(policy, others, *busy);
    return wait_for(*busy);
}

} // namespace agentcron::schedule
