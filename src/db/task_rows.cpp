#include "db/task_rows.hpp"

#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::db {
namespace {

std::optional<std::string> storable(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    return storable_text(*text);
}

std::string seconds_text(base::Millis time) {
    return fmt::format("{}", static_cast<double>(time.count()) / 1000);
}

// What the claim statement gathers: [{native_id, question, answer, expired, request}].
std::vector<task::Claimed::Answered> answers_from(const std::string& text) {
    std::vector<task::Claimed::Answered> answers;
    if (text.empty()) return answers;
    const auto array = boost::json::parse(text, {}, {.max_depth = 256});
    for (const auto& value : array.as_array()) {
        const auto& one = value.as_object();
        const auto words = [&](const char* key) {
            return boost::json::value_to<std::string>(one.at(key));
        };
        const auto& request = one.at("request");
        answers.push_back({words("native_id"), words("question"), words("answer"),
                           one.at("expired").as_bool(),
                           request.is_null() ? "" : boost::json::serialize(request)});
    }
    return answers;
}

task::Amounts amounts_from(const boost::json::value& value) {
    const auto& spent = value.as_object();
    const auto amount = [&](const char* key) { return spent.at(key).to_number<double>(); };
    return {amount("cost_usd"), static_cast<std::int64_t>(amount("turns")),
            static_cast<std::int64_t>(amount("tokens"))};
}

// What agentcron.budget_facts gathers. A limit that cannot be read is none: schedules.error says
// what is wrong with it.
void add_budgets(const std::string& text, task::Claimed& claimed) {
    const auto facts = boost::json::parse(text, {}, {.max_depth = 256}).as_object();
    claimed.spent = amounts_from(facts.at("spent"));
    for (const auto& value : facts.at("shared").as_array()) {
        const auto& shared = value.as_object();
        const auto* limit = shared.at("limit").if_object();
        const auto budget = task::budget_from(limit ? *limit : boost::json::object{});
        if (!budget) continue;
        claimed.shared_accounts.push_back({boost::json::value_to<std::string>(shared.at("of")),
                                           *budget, amounts_from(shared.at("spent"))});
    }
}

} // namespace

task::Claimed claimed_from(const pqxx::row& row) {
    task::Claimed claimed;
    claimed.lease.task_id = integer_of(row["id"]);
    claimed.lease.run_no = static_cast<int>(integer_of(row["run_no"]));
    claimed.lease.token = text_of(row["token"]);
    claimed.lease.output_day = text_of(row["output_day"]);
    claimed.attempt = static_cast<int>(integer_of(row["attempt"]));
    claimed.schedule = text_of(row["schedule"]);
    claimed.fire_time = optional_instant(row["fire_time"]);
    claimed.run_at = instant_of(row["run_at"]);
    claimed.agent = text_of(row["agent"]);
    claimed.driver = optional_text(row["driver"]);
    claimed.agent_config = text_of(row["config"]);
    claimed.spec = text_of(row["spec"]);
    claimed.session_id = text_of(row["session_id"]);
    claimed.goes_on = boolean_of(row["goes_on"]);
    claimed.lost_session = text_of(row["lost_session"]);
    if (!row["continues"].is_null()) claimed.continues = integer_of(row["continues"]);
    claimed.was_limited = boolean_of(row["was_limited"]);
    claimed.limit_waits = static_cast<int>(integer_of(row["limit_waits"]));
    if (!row["budgets"].is_null()) add_budgets(text_of(row["budgets"]), claimed);
    claimed.watched = boolean_of(row["watched"]);
    claimed.last_success_at = optional_instant(row["last_success_at"]);
    claimed.answers = answers_from(text_of(row["answers"]));
    claimed.inputs = text_of(row["inputs"]);
    if (!row["total_left_s"].is_null())
        claimed.total_left =
            base::Millis(static_cast<base::Millis::rep>(row["total_left_s"].as<double>() * 1000));
    return claimed;
}

std::vector<task::ComingStart> coming_from(const pqxx::result& rows) {
    std::vector<task::ComingStart> coming;
    for (const auto& row : rows) {
        task::ComingStart start;
        start.agent = text_of(row["name"]);
        start.driver = text_of(row["driver"]);
        start.agent_config = text_of(row["config"]);
        if (!row["max_concurrent"].is_null())
            start.max_concurrent = static_cast<int>(integer_of(row["max_concurrent"]));
        start.due_in = base::Millis(integer_of(row["due_in_ms"]));
        start.prewarm = base::Millis(integer_of(row["prewarm_ms"]));
        coming.push_back(std::move(start));
    }
    return coming;
}

std::vector<task::Adopted> adopted_from(const pqxx::result& rows) {
    std::vector<task::Adopted> adopted;
    for (const auto& row : rows)
        adopted.push_back(
            {.token = text_of(row["token"]),
             .is_ours = !row["adopted"].is_null() && boolean_of(row["adopted"]),
             .has_ended = !row["outcome"].is_null(),
             .spool_offset = static_cast<std::uint64_t>(integer_of(row["spool_offset"]))});
    return adopted;
}

std::vector<task::Signal> signals_from(const pqxx::result& rows) {
    std::vector<task::Signal> signals;
    for (const auto& row : rows) {
        const auto task_id = integer_of(row["task_id"]);
        if (signals.empty() || signals.back().lease.task_id != task_id) {
            task::Signal signal;
            signal.lease.task_id = task_id;
            signal.lease.token = text_of(row["token"]);
            signal.cancel = boolean_of(row["cancel_requested"]);
            const auto reason = task::reason_from(text_of(row["cancel_reason"]));
            if (reason == task::Reason::replaced) signal.cancel_reason = *reason;
            signals.push_back(std::move(signal));
        }
        auto& signal = signals.back();
        // Answers x messages come as a product: each is taken once.
        if (!row["question_id"].is_null()) {
            const auto id = integer_of(row["question_id"]);
            if (signal.answers.empty() || signal.answers.back().question_id != id)
                signal.answers.push_back({id, text_of(row["native_id"]), text_of(row["answer"]),
                                          boolean_of(row["expired"])});
        }
        if (!row["message_id"].is_null()) {
            const auto id = integer_of(row["message_id"]);
            if (signal.messages.empty() || signal.messages.back().id < id)
                signal.messages.push_back({id, text_of(row["message"])});
        }
    }
    return signals;
}

Params block_params(const task::Lease& lease, const task::Finish& finish) {
    std::optional<std::string> ends_at;
    if (finish.limit->ends_at) ends_at = timestamp_text(*finish.limit->ends_at);
    return params(lease.task_id, lease.token, finish.reason, storable(finish.message),
                  finish.exit_code, finish.signal, finish.usage, storable(finish.session_id),
                  ends_at, seconds_text(finish.limit->later),
                  seconds_text(finish.limit->else_after));
}

Params finish_params(const task::Lease& lease, const task::Finish& finish) {
    const auto result = finish.result ? std::optional(storable_json(*finish.result)) : std::nullopt;
    std::optional<std::string> retry_seconds;
    if (finish.retry_after) retry_seconds = seconds_text(*finish.retry_after);
    return params(lease.task_id, lease.token, finish.status, finish.reason, finish.outcome,
                  storable(finish.message), finish.exit_code, finish.signal, finish.usage, result,
                  storable(finish.summary), storable(finish.session_id), finish.usage,
                  retry_seconds);
}

} // namespace agentcron::db
