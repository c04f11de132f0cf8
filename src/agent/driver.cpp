#include "agent/driver.hpp"

#include "agent/acp_driver.hpp"
#include "agent/claude_driver.hpp"
#include "agent/codex_driver.hpp"
#include "agent/command_driver.hpp"
#include "agent/jsonl_driver.hpp"

#include <algorithm>

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
constexpr Known known[] = {
    {"command", make<CommandDriver>}, {"jsonl", make<JsonlDriver>}, {"claude", make<ClaudeDriver>},
    {"codex", make<CodexDriver>},     {"acp", make<AcpDriver>},
};

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
