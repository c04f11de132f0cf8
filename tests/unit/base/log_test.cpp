#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "support/catch.hpp"

#include <string>
#include <sys/eventfd.h>
#include <sys/stat.h>

using namespace agentcron::base;

TEST_CASE("the journal is the stream whose device and inode are named", "[unit][base]") {
    const UniqueFd fd(::eventfd(0, EFD_CLOEXEC));
    struct stat info {};
    REQUIRE(::fstat(fd.get(), &info) == 0);
    const auto name = std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
    CHECK(is_journal(name.c_str(), fd.get()));
    CHECK_FALSE(is_journal((name + "0").c_str(), fd.get()));
    CHECK_FALSE(is_journal("", fd.get()));
    CHECK_FALSE(is_journal(nullptr, fd.get()));
    CHECK_FALSE(is_journal(name.c_str(), -1));
}
