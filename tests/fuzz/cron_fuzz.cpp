// libFuzzer target for everything that reads text in src/cron: expressions, zone files, crontabs,
// batch lines. The first byte chooses. Built with clang only:
//   CXX=clang++ cmake -S . -B build-fuzz -G Ninja && ninja -C build-fuzz cron_fuzz
//   build-fuzz/cron_fuzz -max_total_time=60
#include "cron/batch.hpp"
#include "cron/crontab_yaml.hpp"
#include "cron/describe.hpp"
#include "cron/fire_times.hpp"
#include "cron/lint.hpp"
#include "cron/tzif.hpp"

#include <cstdlib>

namespace {

using namespace agentcron::cron;
using std::chrono::seconds;
using std::chrono::sys_seconds;

void require(bool good) {
    if (!good) std::abort();
}

void use_in(const Expression& expression, const TimeZone& zone) {
    sys_seconds time{seconds{1772928000}};
    for (int i = 0; i < 5; ++i) {
        const auto following = next(expression, zone, time);
        if (!following) break;
        require(*following > time);
        require(previous(expression, zone, *following + seconds{1}) == following);
        time = *following;
    }
    lint(expression, zone, time);
}

void read_expression(std::string_view text) {
    static const auto zone = *TimeZone::load("America/New_York");
    const auto parsed = parse(text, {"job"});
    if (!parsed) {
        require(!parsed.error().message().empty());
        require(parsed.error().corrected.empty() || parse(parsed.error().corrected).has_value());
        return;
    }
    const auto again = parse(parsed->canonical());
    require(again.has_value() && *again == *parsed);
    require(!describe(*parsed).empty());
    use_in(*parsed, *zone);
}

void read_zone(std::string_view bytes) {
    const auto decoded = decode_tzif(bytes);
    if (!decoded) return;
    const TimeZone zone("fuzzed", decoded->first_offset, decoded->changes, 0);
    use_in(*parse("30 2 * * *"), zone);
    use_in(*parse("*/20 1-3 * * *"), zone);
}

void read_lines(std::string_view text) {
    crontab_yaml(read_crontab(text, CrontabForm::user), "UTC");
    crontab_yaml(read_crontab(text, CrontabForm::system), "UTC");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 4) {
    case 0: read_zone(text); break;
    case 1: read_lines(text); break;
    case 2: {
        static ZoneCache zones;
        require(!Batch(zones, {}).answer(text).empty());
        break;
    }
    default: read_expression(text);
    }
    return 0;
}
