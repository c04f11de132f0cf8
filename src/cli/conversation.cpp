#include "cli/conversation.hpp"

#include "cli/follow.hpp"
#include "cli/json_text.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace json = boost::json;
namespace {

std::string text_at(const db::Table& table, std::size_t row, std::string_view column) {
    return table.at(row, column).value_or("");
}

// Why a further process was started, by how the one before it ended.
std::string why_after(const db::Table& attempts, std::size_t before) {
    const auto outcome = text_at(attempts, before, "outcome");
    if (outcome == "parked") return "goes on after a question";
    if (outcome == "returned" || outcome == "blocked") return text_at(attempts, before, "message");
    if (outcome == "lost") return "its worker was lost";
    if (outcome != "failed") return "";
    auto why = "tried again after " + text_at(attempts, before, "reason");
    if (const auto& message = attempts.at(before, "message")) why += ": " + *message;
    return why;
}

std::vector<Leg> legs_from(const db::Table& attempts) {
    std::vector<Leg> legs;
    for (std::size_t row = 0; row < attempts.rows.size(); ++row)
        legs.push_back({std::stoi(*attempts.at(row, "run_no")),
                        std::stoi(*attempts.at(row, "attempt")), *attempts.at(row, "started_at"),
                        text_at(attempts, row, "host"),
                        row > 0 ? why_after(attempts, row - 1) : ""});
    return legs;
}

const json::array& array_in(const json::value& value) {
    static const json::array none;
    const auto* array = value.if_array();
    return array ? *array : none;
}

std::string label_of(const json::value& option) {
    if (!option.is_object()) return compact(option);
    const auto* value = option.get_object().if_contains("value");
    return value && value->is_string() ? json::value_to<std::string>(*value) : compact(option);
}

bool has_secret(const json::value& items) {
    for (const auto& item : array_in(items)) {
        const auto* object = item.if_object();
        const auto* secret = object ? object->if_contains("secret") : nullptr;
        if (secret && secret->is_bool() && secret->get_bool()) return true;
    }
    return false;
}

std::vector<Asked> asked_from(const db::Table& questions) {
    std::vector<Asked> all;
    for (std::size_t row = 0; row < questions.rows.size(); ++row) {
        const auto text = [&](std::string_view column) { return text_at(questions, row, column); };
        Asked asked{.id = std::stoll(text("id")),
                    .run_no = std::stoi(text("run_no")),
                    .at = text("asked_at"),
                    .kind = text("kind"),
                    .text = text("headline"),
                    .body = text("body"),
                    .options = {},
                    .is_secret =
                        has_secret(json_value(questions.at(row, "items"), db::Table::Type::json)),
                    .outcome = text("outcome"),
                    .answer = text("answer"),
                    .by = text("answered_by"),
                    .via = text("answered_via"),
                    .closed_at = text("closed_at")};
        const auto options = json_value(questions.at(row, "options"), db::Table::Type::json);
        for (const auto& option : array_in(options)) asked.options.push_back(label_of(option));
        all.push_back(std::move(asked));
    }
    return all;
}

std::vector<Told> told_from(const db::Table& messages) {
    std::vector<Told> all;
    for (std::size_t row = 0; row < messages.rows.size(); ++row)
        all.push_back({*messages.at(row, "sent_at"), text_at(messages, row, "sent_by"),
                       text_at(messages, row, "body"),
                       messages.at(row, "delivered_at").has_value()});
    return all;
}

} // namespace

void read_turns(db::Client& client, std::int64_t task_id, const db::Table& attempts,
                const db::Table& questions, const db::Table& messages, const Turns::Sink& sink) {
    Turns turns(legs_from(attempts), asked_from(questions), told_from(messages), sink);
    TaskOutput output(task_id, std::nullopt);
    output.read_new(client, [&](const LogRow& row) { turns.add(row); });
    turns.finish();
}

} // namespace agentcron::cli
