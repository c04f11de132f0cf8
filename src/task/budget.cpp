#include "task/budget.hpp"

#include "base/json_members.hpp"

#include <spdlog/fmt/fmt.h>
#include <tuple>

namespace agentcron::task {
namespace {

namespace json = boost::json;

std::string number(double amount) {
    return fmt::format("{:.2f}", amount);
}
std::string number(std::int64_t amount) {
    return fmt::format("{}", amount);
}

template <class T>
std::optional<std::string> used_up(const Account& account, const std::optional<T>& limit, T used,
                                   bool at_start, std::string_view unit) {
    if (!limit || (at_start ? used < *limit : used <= *limit)) return std::nullopt;
    return fmt::format("{} of {} {} is used up ({})", account.of, number(*limit), unit,
                       number(used));
}

std::optional<std::string> used_up(const std::vector<Account>& accounts, const Amounts& used,
                                   bool at_start) {
    for (const Account& account : accounts) {
        const auto& [budget, spent] = std::tie(account.budget, account.spent);
        if (auto words =
                used_up(account, budget.cost_usd, spent.cost_usd + used.cost_usd, at_start, "USD"))
            return words;
        if (auto words =
                used_up(account, budget.turns, spent.turns + used.turns, at_start, "turns"))
            return words;
        if (auto words =
                used_up(account, budget.tokens, spent.tokens + used.tokens, at_start, "tokens"))
            return words;
    }
    return std::nullopt;
}

} // namespace

base::Result<Budget, std::string> budget_from(const json::object& object) {
    Budget budget;
    base::JsonMembers members(object, "budget.");
    members.read("cost_usd", budget.cost_usd);
    members.read("turns", budget.turns);
    members.read("tokens", budget.tokens);
    if (!members.error().empty()) return members.error();
    return budget;
}

json::object to_object(const Budget& budget) {
    json::object object;
    if (budget.cost_usd) object["cost_usd"] = *budget.cost_usd;
    if (budget.turns) object["turns"] = *budget.turns;
    if (budget.tokens) object["tokens"] = *budget.tokens;
    return object;
}

std::optional<std::string> no_room_to_start(const std::vector<Account>& accounts) {
    return used_up(accounts, {}, true);
}

std::optional<std::string> over_budget(const std::vector<Account>& accounts, const Amounts& used) {
    return used_up(accounts, used, false);
}

} // namespace agentcron::task
