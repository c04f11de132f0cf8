#include "config/size.hpp"

#include "base/text.hpp"

#include <charconv>
#include <spdlog/fmt/fmt.h>

namespace agentcron::config {

base::Result<std::uint64_t, std::string> parse_size(std::string_view text) {
    constexpr std::string_view units = "KMGT";
    const auto wrong = [&](std::string_view why) {
        return fmt::format("'{}' is not a size: {}", base::one_line(text, 40), why);
    };
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc::result_out_of_range) return wrong("it is larger than 1024T");
    if (error != std::errc{}) return wrong("expected a number with a unit (K, M, G, T), like 256M");
    unsigned shift = 0;
    if (rest != end) {
        const std::size_t unit = units.find(*rest);
        if (unit == std::string_view::npos || rest + 1 != end)
            return wrong("the units are K, M, G and T, like 256M");
        shift = 10 * (static_cast<unsigned>(unit) + 1);
    }
    if (number == 0) return wrong("expected more than nothing");
    if (number > size_max >> shift) return wrong("it is larger than 1024T");
    return number << shift;
}

} // namespace agentcron::config
