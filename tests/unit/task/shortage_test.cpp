#include "task/shortage.hpp"

#include "support/catch.hpp"

#include <cerrno>

using namespace agentcron::task;
using Catch::Contains;

TEST_CASE("what a machine has too little of is no task's fault", "[unit][task]") {
    for (const int error : {ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE, EAGAIN, ENOMEM}) {
        CAPTURE(error);
        CHECK(is_shortage("spool", error));
        CHECK_FALSE(shortage_advice("spool", error).empty());
    }
    for (const int error : {0, ENOENT, EACCES, EPERM, ENOTDIR, E2BIG, ENOEXEC, ELOOP, EINVAL}) {
        CAPTURE(error);
        CHECK_FALSE(is_shortage("spool", error));
        CHECK(shortage_advice("spool", error).empty());
    }
}

TEST_CASE("a step that the agent's own declaration can spoil is no shortage", "[unit][task]") {
    CHECK_FALSE(is_shortage("chdir", EIO));
    CHECK_FALSE(is_shortage("exec", ENOMEM)); // perhaps for limits.memory
    CHECK(is_shortage("exec", EMFILE));
    CHECK_FALSE(is_shortage("cgroup", EROFS)); // there are no groups here
    CHECK_FALSE(is_shortage("cgroup", ENOSPC));
    CHECK(is_shortage("cgroup", EMFILE));
}

TEST_CASE("a program may say that it found the disk full", "[unit][task]") {
    CHECK(blames_full_disk("fatal: cannot create directory at 'a': No space left on device"));
    CHECK(blames_full_disk("error: unable to write file b: Disk quota exceeded"));
    CHECK_FALSE(blames_full_disk("fatal: '/w' already exists"));
    CHECK_FALSE(blames_full_disk(""));
}

TEST_CASE("the advice is of what is short", "[unit][task]") {
    CHECK_THAT(shortage_advice("run_directory", ENOSPC), Contains("room"));
    CHECK_THAT(shortage_advice("watch", ENOSPC), Contains("fs.inotify.max_user_watches"));
    CHECK_THAT(shortage_advice("run_directory", EROFS), Contains("mount it writable"));
    CHECK_THAT(shortage_advice("spawn", EAGAIN), Contains("TasksMax="));
    CHECK_THAT(shortage_advice("spool", EMFILE), Contains("LimitNOFILE="));
}
