#include "agent/driver.hpp"

#include "agent/command_driver.hpp"
#include "agent/jsonl_driver.hpp"

#include <algorithm>
#include <array>

namespace agentcron::agent {

namespace {

template <class T>
std::unique_ptr<Driver> make() {
    return std::make_unique<T>();
}

struct Known {
    std::string_view name;
    std::unique_ptr<Driver> (*make)();
};
constexpr std::array<Known, 2> known{
    {{"command", make<CommandDriver>}, {"jsonl", make<JsonlDriver>}}};

} // namespace

bool Exit::is_good() const {
    return code && std::find(good_codes.begin(), good_codes.end(), *code) != good_codes.end();
}

std::unique_ptr<Driver> make_driver(std::string_view name) {
    for (const Known& driver : known) {
        if (driver.name == name) return driver.make();
    }
    return nullptr;
}

std::vector<std::string_view> driver_names() {
    std::vector<std::string_view> names;
    for (const Known& driver : known) names.push_back(driver.name);
    return names;
}

} // namespace agentcron::agent
