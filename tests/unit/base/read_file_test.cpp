#include "base/read_file.hpp"

#include "support/catch.hpp"

#include <cerrno>
#include <fstream>
#include <unistd.h>

namespace agentcron::base {

TEST_CASE("a file is read whole, whatever its size", "[base]") {
    const auto path =
        std::filesystem::temp_directory_path() / ("read_file." + std::to_string(::getpid()));
    for (const std::size_t size : {0, 1, 4096, 10'000}) {
        const std::string text(size, '\0');
        std::ofstream(path, std::ios::binary) << text;
        CHECK(read_file(path) == text);
    }
    std::filesystem::remove(path);
}

TEST_CASE("what cannot be read as a file leaves its errno", "[base]") {
    errno = 0;
    CHECK_FALSE(read_file("/no/such/file"));
    CHECK(errno == ENOENT);
    errno = 0;
    CHECK_FALSE(read_file("/proc"));
    CHECK(errno == EISDIR);
}

} // namespace agentcron::base
