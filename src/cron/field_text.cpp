#include "cron/field_text.hpp"

#include <bit>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

void append(std::string& list, const std::string& item) {
    if (!list.empty()) list += ',';
    list += item;
}

// Singles, and runs of three or more neighbours as ranges.
std::string runs_text(const std::vector<int>& values) {
    std::string list;
    for (std::size_t i = 0; i < values.size();) {
        std::size_t end = i + 1;
        while (end < values.size() && values[end] == values[end - 1] + 1) ++end;
        if (end - i >= 3) {
            append(list, fmt::format("{}-{}", values[i], values[end - 1]));
            i = end;
        } else {
            append(list, std::to_string(values[i++]));
        }
    }
    return list;
}

} // namespace

std::vector<int> values_of(std::uint64_t bits) {
    std::vector<int> values;
    for (; bits != 0; bits &= bits - 1) values.push_back(std::countr_zero(bits));
    return values;
}

std::vector<int> values_of(const YearSet& years) {
    std::vector<int> values;
    for (int year = year_min; year <= year_max; ++year)
        if (years.has(year)) values.push_back(year);
    return values;
}

bool find_progression(const std::vector<int>& values, int min, int max, Progression& out) {
    if (values.size() < 2) return false;
    const int step = values[1] - values[0];
    for (std::size_t i = 1; i < values.size(); ++i)
        if (values[i] - values[i - 1] != step) return false;
    out = {values.front(), values.back(), step, false};
    out.whole = out.first == min && out.last + step > max;
    return values.size() > 2 || (out.whole && out.last + step == max + 1);
}

std::string field_text(const std::vector<int>& values, int min, int max, bool ranges) {
    if (static_cast<int>(values.size()) == max - min + 1) return "*";
    if (!ranges) {
        std::string list;
        for (const int value : values) append(list, std::to_string(value));
        return list;
    }
    Progression p{};
    if (!find_progression(values, min, max, p)) return runs_text(values);
    if (p.step == 1) return fmt::format("{}-{}", p.first, p.last);
    if (p.whole) return fmt::format("*/{}", p.step);
    return fmt::format("{}-{}/{}", p.first, p.last, p.step);
}

} // namespace agentcron::cron
