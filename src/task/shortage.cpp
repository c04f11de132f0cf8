#include "task/shortage.hpp"

#include <cerrno>

namespace agentcron::task {

std::string shortage_advice(std::string_view stage, int error) {
    // What the agent's declaration names: there it is wrong, whatever the error.
    if (stage == "chdir") return "";
    // Perhaps the agent's own limit of memory.
    if (stage == "exec" && error == ENOMEM) return "";
    // Without a group of its own to make them in, groups cannot be made at any time.
    if (stage == "cgroup" && (error == EROFS || error == ENOSPC)) return "";
    switch (error) {
    case ENOSPC:
        if (stage == "watch")
            return "no file can be watched any more; raise fs.inotify.max_user_watches";
        [[fallthrough]];
    case EDQUOT: return "the disk has no room for data or for another file; make room there";
    case EROFS:
        return "the disk cannot be written; see in the kernel's log (dmesg) why, and mount it "
               "writable";
    case EIO: return "the disk fails; see the kernel's log (dmesg)";
    case EMFILE:
        return "agentcron has too many files open; raise its limit (LimitNOFILE= of its unit, "
               "ulimit -n) or lower its slots";
    case ENFILE: return "the machine has too many files open; raise fs.file-max or lower the slots";
    case EAGAIN:
        return "the machine has no room for another process; raise the limit (TasksMax= of the "
               "unit, ulimit -u) or lower the slots";
    case ENOMEM:
        return "the machine has no memory left; lower the slots or limit the agents' memory";
    default: return "";
    }
}

bool is_shortage(std::string_view stage, int error) {
    return !shortage_advice(stage, error).empty();
}

bool blames_full_disk(std::string_view words) {
    return words.find("No space left on device") != std::string_view::npos ||
           words.find("Disk quota exceeded") != std::string_view::npos;
}

} // namespace agentcron::task
