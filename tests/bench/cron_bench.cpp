// Speed of the cron engine, one figure per line as `name <tab> per second`. Best of several rounds.
//   cron_bench                    run
//   cron_bench --expressions      print the expressions, so that peers can run the same
// tests/bench/cron puts other libraries beside it.
#include "cron/batch.hpp"
#include "cron/fire_times.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <spdlog/fmt/fmt.h>

namespace {

using namespace agentcron::cron;
using std::chrono::seconds;
using std::chrono::sys_seconds;

// Many short rounds: the best one is seldom disturbed by other work on the machine.
constexpr int rounds = 25;
constexpr sys_seconds start{seconds{1772928000}}; // 2026-03-08

// Runs `work` several times; it returns how many operations it did.
void measure(const std::string& name, const std::function<std::size_t()>& work) {
    double best = 0;
    for (int round = 0; round < rounds; ++round) {
        const auto before = std::chrono::steady_clock::now();
        const std::size_t operations = work();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
        best = std::max(best, static_cast<double>(operations) / took.count());
    }
    fmt::print("{}\t{:.0f}\n", name, best);
    std::fflush(stdout);
}

// A thousand five-field expressions of values, ranges, steps and lists; always the same ones.
class Generator {
public:
    std::string expression() {
        return fmt::format("{} {} {} {} {}", field(0, 59), field(0, 23), field(1, 31), field(1, 12),
                           field(0, 6));
    }

private:
    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
    int value(int low, int high) { return low + pick(high - low + 1); }
    std::string field(int low, int high) {
        const int form = pick(5);
        if (form < 2) return "*";
        if (form == 2) return std::to_string(value(low, high));
        if (form == 3) {
            const int a = value(low, high);
            const int b = value(low, high);
            std::string range = fmt::format("{}-{}", std::min(a, b), std::max(a, b));
            return pick(2) == 0 ? range : fmt::format("{}/{}", range, 1 + pick(5));
        }
        std::string list = std::to_string(value(low, high));
        for (int more = 1 + pick(3); more > 0; --more) list += fmt::format(",{}", value(low, high));
        return list;
    }
    std::mt19937 random_{20260308};
};

std::vector<std::string> random_patterns() {
    Generator generator;
    std::vector<std::string> patterns;
    for (int i = 0; i < 1000; ++i) patterns.push_back(generator.expression());
    return patterns;
}

// Keeps results alive, so that no work is optimised away.
volatile std::int64_t sink = 0;

std::size_t walk(const Expression& expression, const TimeZone& zone, int times) {
    sys_seconds time = start;
    std::size_t count = 0;
    for (int i = 0; i < times; ++i, ++count) {
        const auto following = next(expression, zone, time);
        if (!following) return count + 1;
        time = *following;
    }
    sink = sink + time.time_since_epoch().count();
    return count;
}

void bench_parse(const std::vector<std::string>& patterns) {
    measure("parse", [&] {
        std::size_t good = 0;
        for (int i = 0; i < 10; ++i)
            for (const std::string& pattern : patterns) good += parse(pattern).has_value();
        return good;
    });
}

void bench_next(const std::vector<Expression>& expressions) {
    for (const char* name : {"UTC", "America/New_York", "Europe/Berlin"}) {
        const auto zone = *TimeZone::load(name);
        measure(fmt::format("next, {}", name), [&] {
            std::size_t count = 0;
            for (const Expression& expression : expressions) count += walk(expression, *zone, 100);
            return count;
        });
    }
    const auto zone = *TimeZone::load("America/New_York");
    measure("previous, America/New_York", [&] {
        std::size_t count = 0;
        for (const Expression& expression : expressions) {
            sys_seconds time = start;
            for (int i = 0; i < 100; ++i, ++count) {
                const auto last = previous(expression, *zone, time);
                if (!last) break;
                time = *last;
            }
        }
        return count;
    });
}

void bench_single() {
    const auto zone = *TimeZone::load("America/New_York");
    for (const char* pattern : {"*/5 * * * *", "59 23 31 12 *", "0 0 29 2 *", "0 0 13 * 5#2",
                                "0 0 * * 5#5", "0 0 31 2 *"}) {
        const Expression expression = *parse(pattern);
        measure(fmt::format("next, {}", pattern), [&] {
            std::size_t count = 0;
            for (int i = 0; i < 200; ++i) count += walk(expression, *zone, 20);
            return count;
        });
    }
}

// What a scheduler does at its start: the next time of every schedule, all different.
void bench_many() {
    Generator generator;
    const auto zone = *TimeZone::load("America/New_York");
    std::vector<Expression> expressions;
    for (int i = 0; i < 100000; ++i) expressions.push_back(*parse(generator.expression()));
    measure("100,000 schedules, next of each", [&] {
        for (const Expression& expression : expressions) walk(expression, *zone, 1);
        return expressions.size();
    });
}

void bench_batch(const std::vector<std::string>& patterns) {
    ZoneCache zones;
    Batch batch(zones, start);
    measure("batch lines of 10 times", [&] {
        std::size_t bytes = 0;
        for (const std::string& pattern : patterns)
            bytes += batch
                         .answer(fmt::format(R"({{"id":"a","expr":"{}","tz":"America/New_York",)"
                                             R"("from":"2026-03-08T00:00:00Z","count":10}})",
                                             pattern))
                         .size();
        sink = sink + static_cast<std::int64_t>(bytes);
        return patterns.size();
    });
}

} // namespace

int main(int argc, char* argv[]) {
    const std::vector<std::string> patterns = random_patterns();
    if (argc > 1 && std::strcmp(argv[1], "--expressions") == 0) {
        for (const std::string& pattern : patterns) fmt::print("{}\n", pattern);
        return 0;
    }
    std::vector<Expression> expressions;
    for (const std::string& pattern : patterns) expressions.push_back(*parse(pattern));
    bench_parse(patterns);
    bench_next(expressions);
    bench_single();
    bench_many();
    bench_batch(patterns);
    return 0;
}
