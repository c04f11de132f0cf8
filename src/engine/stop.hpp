// How a worker stops; each leaves less behind than the one before.
#pragma once

namespace agentcron::engine {

enum class Stop {
    detach, // agents go on, for the next start; what is not running yet is given back
    drain,  // nothing new is claimed, what runs is waited for
    end,    // all is ended politely
};

} // namespace agentcron::engine
