// What a machine may have too little of to start an agent: space, descriptors, processes, memory.
// No task is to blame for that: it is given back and tried again, here later or elsewhere. Pure.
#pragma once

#include <string>
#include <string_view>

namespace agentcron::task {

// Whether the step `stage` of a launch that failed with errno `error` failed for such a reason.
bool is_shortage(std::string_view stage, int error);

// What a person can do about it: "make room there, a full disk ...". "" if it is none.
std::string shortage_advice(std::string_view stage, int error);

// Whether a program's last words blame a full disk.
bool blames_full_disk(std::string_view words);

} // namespace agentcron::task
