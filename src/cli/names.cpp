#include "cli/names.hpp"

#include "base/text.hpp"
#include "cli/errors.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {

void no_such_schedule(db::Client& client, const std::string& name) {
    const auto table = client.query("cli_schedule_names");
    std::vector<std::string_view> names;
    for (const auto& row : table.rows) names.emplace_back(*row[0]);
    throw NotFound(
        fmt::format("there is no schedule `{}`{}\n`agentcron list --schedules` shows all", name,
                    base::did_you_mean(name, names)));
}

} // namespace agentcron::cli
