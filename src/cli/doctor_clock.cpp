#include "cli/doctor_clock.hpp"

#include "base/text.hpp"
#include "base/timestamps.hpp"
#include "cli/time_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

// A scheduler wakes by its own clock: by so much every start is early or late. Leases last a
// minute, and the age of what is shown is measured between the two.
constexpr double ahead_notable_s = 1, ahead_bad_s = 30;

double seconds(base::Instant::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

// The first day on which PostgreSQL's offset is another than ours.
std::optional<base::Instant> first_difference(std::string_view offsets, base::Instant from,
                                              const cron::TimeZone& zone) {
    auto day = std::chrono::floor<std::chrono::seconds>(from);
    for (const auto text : base::split(offsets, ' ')) {
        int theirs = 0;
        std::from_chars(text.data(), text.data() + text.size(), theirs);
        if (zone.offset_at(day).count() != theirs) return base::Instant(day);
        day += std::chrono::days(1);
    }
    return std::nullopt;
}

} // namespace

ClockOffset offset_of(std::span<const ClockSample> samples) {
    const auto quickest =
        std::min_element(samples.begin(), samples.end(), [](const auto& a, const auto& b) {
            return a.received - a.sent < b.received - b.sent;
        });
    const auto trip = quickest->received - quickest->sent;
    return {.ahead_s = seconds(quickest->server - (quickest->sent + trip / 2)),
            .within_s = seconds(trip) / 2,
            .round_trip_s = seconds(trip)};
}

base::Finding judge_clock(const ClockOffset& offset) {
    const auto apart = std::abs(offset.ahead_s);
    const auto surely = apart - offset.within_s;
    if (surely < ahead_notable_s)
        return {"clock", State::ok,
                fmt::format("this machine's and the server's agree within {}",
                            span_text(apart + offset.within_s)),
                ""};
    return {"clock", surely < ahead_bad_s ? State::warning : State::failed,
            fmt::format("the server's is {} {} this machine's", span_text(apart),
                        offset.ahead_s > 0 ? "ahead of" : "behind"),
            "Let both keep time by NTP (timedatectl): a scheduler wakes by its machine's clock"};
}

Findings judge_zones(const db::Table& zones, base::Instant from, const ZoneLoader& load,
                     std::string_view version) {
    const auto advice = "Install the same tzdata here and at the server, or the newest; agentcron "
                        "notices new data by itself";
    Findings findings;
    for (std::size_t row = 0; row < zones.rows.size(); ++row) {
        const Facts facts(zones, row);
        const auto name = facts.text("name");
        const auto zone = load(name);
        if (!zone) {
            findings.push_back({"zones", State::failed, zone.error().message(),
                                "Install tzdata, or correct the schedules' timezone"});
        } else if (!facts.is_true("known")) {
            findings.push_back({"zones", State::warning,
                                fmt::format("PostgreSQL does not know {}", name), advice});
        } else if (const auto day = first_difference(facts.text("offsets"), from, **zone)) {
            findings.push_back({"zones", State::warning,
                                fmt::format("the data here and PostgreSQL's differ for {} from {} "
                                            "on",
                                            name, base::to_rfc3339(*day).substr(0, 10)),
                                advice});
        }
    }
    if (findings.empty())
        findings.push_back(
            {"zones", State::ok,
             fmt::format("{} in use, as PostgreSQL has them{}{}",
                         counted(static_cast<std::int64_t>(zones.rows.size()), "zone"),
                         version.empty() ? "" : "; tzdata here is ", version),
             ""});
    return findings;
}

std::string zone_data_version(std::string_view first_line) {
    constexpr std::string_view lead = "# version ";
    if (!first_line.starts_with(lead)) return "";
    return std::string(base::trim(first_line.substr(lead.size())));
}

} // namespace agentcron::cli
