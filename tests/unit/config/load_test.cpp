#include "config/config.hpp"
#include "support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>

using namespace agentcron::config;
namespace fs = std::filesystem;

namespace {

// A directory of its own that goes with the case. Its name holds a space.
class Folder {
public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "agentcron config XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = fs::canonical(pattern);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }

    const fs::path& path() const { return path_; }
    fs::path write(const fs::path& name, const std::string& text) const {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << text;
        return path_ / name;
    }

private:
    fs::path path_;
};

std::string first_error(const fs::path& path) {
    const auto config = load(path);
    return config ? "" : config.error().front().text();
}

const std::string agent_a = "agents: {a: {command: [a]}}\n";

} // namespace

TEST_CASE("a directory's files are read in the order of their names", "[unit][config]") {
    const Folder folder;
    folder.write("b.yml", "schedules: {s: {cron: '@daily', agent: a}}\n");
    folder.write("a.yaml", agent_a);
    folder.write("notes.txt", "not YAML: [");
    folder.write(".a.yaml", "an editor's file: [");
    folder.write("sub/c.yaml", "not read: [");
    const auto config = load(folder.path());
    REQUIRE(config.has_value());
    REQUIRE(config->files ==
            std::vector<fs::path>{folder.path() / "a.yaml", folder.path() / "b.yml"});
    REQUIRE(config->agents.front().workspace_dir == folder.path());
    REQUIRE(config->schedules.size() == 1);
}

TEST_CASE("one file may have any name", "[unit][config]") {
    const Folder folder;
    const auto config = load(folder.write("agents.conf", agent_a));
    REQUIRE(config.has_value());
    REQUIRE(config->agents.size() == 1);
}

TEST_CASE("paths in a linked file start at the link", "[unit][config]") {
    const Folder folder;
    folder.write("versions/1/a.yaml", agent_a);
    fs::create_directory(folder.path() / "current");
    fs::create_symlink("../versions/1/a.yaml", folder.path() / "current/a.yaml");
    const auto config = load(folder.path() / "current");
    REQUIRE(config.has_value());
    REQUIRE(config->agents.front().workspace_dir == folder.path() / "current");
}

TEST_CASE("what cannot be read is an error of the file", "[unit][config]") {
    const Folder folder;
    const std::string path = folder.path().string();
    CHECK(first_error(folder.path()) == path + ": holds no *.yaml or *.yml file; put one there "
                                               "with the maps 'agents:' and 'schedules:'");
    CHECK(first_error(folder.path() / "none.yaml") ==
          path + "/none.yaml: cannot be read: No such file or directory");
    REQUIRE(::mkfifo((folder.path() / "fifo.yaml").c_str(), 0600) == 0);
    CHECK(first_error(folder.path() / "fifo.yaml") == path + "/fifo.yaml: is not a regular file");
    folder.write("large.yaml", std::string((8 << 20) + 1, '#'));
    CHECK(first_error(folder.path() / "large.yaml") == path + "/large.yaml: is larger than 8 MiB");
}

TEST_CASE("a broken link hides no error of the other files", "[unit][config]") {
    const Folder folder;
    fs::create_symlink("nowhere", folder.path() / "a.yaml");
    folder.write("b.yaml", "slots: x\nschedules: {s: {cron: '@daily', agent: a}}\n");
    const auto config = load(folder.path());
    REQUIRE(config.has_error());
    REQUIRE(config.error().size() == 2);
    REQUIRE(config.error().at(0).text() ==
            (folder.path() / "a.yaml").string() + ": cannot be read: No such file or directory");
    REQUIRE(config.error().at(1).line == 1);
}
