#include "cron/zone_cache.hpp"
#include "support.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <thread>

namespace agentcron {
namespace {

namespace fs = std::filesystem;
using namespace agentcron::test;

// A zoneinfo directory of its own, whose files a test replaces as a package upgrade does.
class ZoneDirectory {
public:
    ZoneDirectory() {
        std::string name = fs::temp_directory_path() / "agentcron-zones-XXXXXX";
        path_ = mkdtemp(name.data());
    }
    ZoneDirectory(const ZoneDirectory&) = delete;
    ZoneDirectory& operator=(const ZoneDirectory&) = delete;
    ~ZoneDirectory() { fs::remove_all(path_); }

    std::string path() const { return path_; }
    void install(const std::string& name, const std::string& from) const {
        fs::copy_file(fs::path{cron::zoneinfo_directory} / from, path_ / "new",
                      fs::copy_options::overwrite_existing);
        fs::rename(path_ / "new", path_ / name);
    }
    void remove(const std::string& name) const { fs::remove(path_ / name); }

private:
    fs::path path_;
};

TEST_CASE("a cached zone is read once", "[unit][cron]") {
    const ZoneDirectory directory;
    directory.install("Home", "Europe/Berlin");
    cron::ZoneCache cache(directory.path());
    const auto first = cache.load("Home");
    REQUIRE(first.has_value());
    directory.install("Home", "Asia/Tokyo");
    CHECK((*cache.load("Home")) == *first);
    CHECK_FALSE(cache.load("Away").has_value());
    directory.install("Away", "Asia/Tokyo");
    CHECK(cache.load("Away").has_value()); // failures are not remembered
}

TEST_CASE("replaced zone data is noticed, named and used", "[unit][cron]") {
    const ZoneDirectory directory;
    directory.install("Home", "Europe/Berlin");
    directory.install("Same", "Asia/Tokyo");
    cron::ZoneCache cache(directory.path());
    const auto before = *cache.load("Home");
    const auto same = *cache.load("Same");
    CHECK(cache.reload_changed().empty());

    directory.install("Home", "America/New_York");
    directory.install("Same", "Asia/Tokyo"); // a new file with the old rules
    CHECK(cache.reload_changed() == std::vector<std::string>{"Home"});
    const auto after = *cache.load("Home");
    CHECK(after->data_version() != before->data_version());
    CHECK((*cache.load("Same"))->data_version() == same->data_version());
    CHECK(cron::next(expression("0 0 * * *"), *after, at("2026-01-01")) == at("2026-01-01 05:00"));
    // Who still holds the old zone is not disturbed.
    CHECK(cron::next(expression("0 0 * * *"), *before, at("2026-01-01")) == at("2026-01-01 23:00"));
    CHECK(cache.reload_changed().empty());
}

TEST_CASE("a zone whose file vanishes keeps its rules", "[unit][cron]") {
    const ZoneDirectory directory;
    directory.install("Home", "Europe/Berlin");
    cron::ZoneCache cache(directory.path());
    const auto before = *cache.load("Home");
    directory.remove("Home");
    CHECK(cache.reload_changed().empty());
    CHECK((*cache.load("Home")) == before);
}

TEST_CASE("many threads share one cache", "[unit][cron]") {
    cron::ZoneCache cache;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&cache] {
            for (const std::string& name : eighty_zones()) {
                cache.load(name);
                cache.reload_changed();
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(cache.load("UTC").has_value());
}

} // namespace
} // namespace agentcron
