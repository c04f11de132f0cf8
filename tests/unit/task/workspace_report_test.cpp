#include "task/workspace_report.hpp"

#include "support/catch.hpp"

using namespace agentcron::task;

TEST_CASE("a report is read line by line", "[unit][task]") {
    const auto made = report_from("base 0a1b\nbranch new\nbytes 4096\n");
    CHECK(made.base_commit == "0a1b");
    CHECK(made.made_branch);
    CHECK(made.bytes == 4096);
    CHECK_FALSE(made.dirty);
    CHECK_FALSE(made.removed);
    const auto old = report_from("base 0a1b\nbranch old\nnonsense\nbytes many\nwarning no route");
    CHECK_FALSE(old.made_branch);
    CHECK_FALSE(old.bytes);
    CHECK(old.warning == "no route");
    CHECK(report_from("").base_commit.empty());
}

TEST_CASE("why a worktree is kept is said by what was found first", "[unit][task]") {
    EndedWorkspace ended;
    const auto why = [&](const std::string& report, const std::string& failure = "") {
        return settled_from(report_from(report), ended, failure).kept_because;
    };
    CHECK(why("dirty 1\nunpushed 0\nkept\n") == "1 file is not committed");
    CHECK(why("dirty 2\nunpushed 3\nkept\n") ==
          "2 files are not committed, 3 commits are on no remote and no other branch");
    CHECK(why("dirty 0\nunpushed 1\nkept\n") == "1 commit is on no remote and no other branch");
    CHECK(why("dirty 2\nkept archive: 'x' exited with code 1\n") ==
          "archive: 'x' exited with code 1");
    CHECK(why("", "did not end in time") == "did not end in time");
    ended.policy = "keep: always";
    CHECK(why("dirty 0\nunpushed 0\nkept\n") == "keep: always");
    CHECK(why("dirty 1\nunpushed 0\nkept\n") == "1 file is not committed");
}

TEST_CASE("only what should have gone stays against the policy", "[unit][task]") {
    EndedWorkspace ended;
    const auto settle = [&](const std::string& report) {
        return settled_from(report_from(report), ended, "");
    };
    CHECK(settle("bytes 10\nremoved\n").removed);
    CHECK_FALSE(settle("bytes 10\nremoved\n").stays_against_policy);
    CHECK(settle("bytes 10\ndirty 1\nunpushed 0\nkept\n").stays_against_policy);
    CHECK(settle("bytes 10\ndirty 1\nunpushed 0\nkept\n").bytes == 10);
    ended.policy = "keep: always";
    CHECK_FALSE(settle("dirty 1\nunpushed 0\nkept\n").stays_against_policy);
}
