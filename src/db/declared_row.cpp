#include "db/declared_row.hpp"

#include "db/policies_json.hpp"

#include <boost/json.hpp>
#include <limits>
#include <spdlog/fmt/fmt.h>

namespace agentcron::db {
namespace {

using schedule::Schedule;

base::Seconds seconds_of(const pqxx::field& field) {
    return base::Seconds(integer_of(field));
}

// What does not fit is out of every range, too.
int number_of(const pqxx::field& field) {
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    return static_cast<int>(std::clamp(integer_of(field), -most, most));
}

std::optional<int> optional_number(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return number_of(field);
}

// A text[] or integer[] as JSON; a null element of it is what no rule allows.
template <class Element, class Read>
std::vector<Element> list_of(const pqxx::field& field, Read read) {
    std::vector<Element> list;
    if (field.is_null()) return list;
    const auto json = boost::json::parse(text_of(field));
    if (!json.is_array()) return list;
    for (const auto& element : json.get_array()) list.push_back(read(element));
    return list;
}

std::vector<std::string> texts_of(const pqxx::field& field) {
    return list_of<std::string>(field, [](const boost::json::value& element) {
        return element.is_string() ? std::string(element.get_string()) : std::string();
    });
}

std::vector<int> numbers_of(const pqxx::field& field) {
    return list_of<int>(field, [](const boost::json::value& element) {
        return element.is_int64() ? static_cast<int>(element.get_int64()) : -1;
    });
}

void read_execution(const pqxx::row& row, Schedule& schedule) {
    schedule.prompt = text_of(row["prompt"]);
    schedule.params_json = text_of(row["params"]);
    schedule.timeout = seconds_of(row["timeout"]);
    schedule.hold = seconds_of(row["hold"]);
    schedule.total_timeout = seconds_of(row["total_timeout"]);
    schedule.stall_timeout = seconds_of(row["stall_timeout"]);
    schedule.input_timeout = seconds_of(row["input_timeout"]);
    schedule.on_input_timeout =
        schedule::on_input_timeout_from(text_of(row["on_input_timeout"])).value();
    schedule.on_lost = schedule::on_lost_from(text_of(row["on_lost"])).value();
    schedule.conversation = schedule::conversation_from(text_of(row["conversation"])).value();
    schedule.max_limit_waits = number_of(row["max_limit_waits"]);
    schedule.retry.attempts = number_of(row["retry_attempts"]);
    schedule.retry.backoff = seconds_of(row["retry_backoff"]);
    schedule.retry.max_backoff = seconds_of(row["retry_max_backoff"]);
    schedule.retry.jitter = boolean_of(row["retry_jitter"]);
    if (!row["retry_on"].is_null()) schedule.retry.on = texts_of(row["retry_on"]);
    schedule.retry.never_on_exit = numbers_of(row["retry_never_on_exit"]);
}

void read_policies(const pqxx::row& row, Schedule& schedule) {
    schedule.agent = text_of(row["agent"]);
    schedule.priority = number_of(row["priority"]);
    schedule.queue_max = number_of(row["queue_max"]);
    schedule.concurrency.group = text_of(row["concurrency_group"]);
    schedule.concurrency.limit = number_of(row["concurrency_limit"]);
    schedule.queue_timeout = seconds_of(row["queue_timeout"]);
    schedule.pause_after_failures = optional_number(row["pause_after_failures"]);
    schedule.heartbeat_url = text_of(row["heartbeat_url"]);
    schedule.after = texts_of(row["after"]);
}

} // namespace

Schedule times_of(const pqxx::row& row) {
    Schedule schedule;
    schedule.name = text_of(row["name"]);
    schedule.cron = text_of(row["cron"]);
    schedule.timezone = text_of(row["timezone"]);
    schedule.overlap = schedule::overlap_from(text_of(row["overlap"])).value();
    schedule.while_waiting = schedule::while_waiting_from(text_of(row["while_waiting"])).value();
    schedule.catch_up = schedule::catch_up_from(text_of(row["catch_up"])).value();
    schedule.catch_up_window = seconds_of(row["catch_up_window"]);
    schedule.catch_up_max = number_of(row["catch_up_max"]);
    schedule.jitter = seconds_of(row["jitter"]);
    schedule.starts_at = optional_instant(row["starts_at"]);
    schedule.ends_at = optional_instant(row["ends_at"]);
    schedule.max_runs = optional_number(row["max_runs"]);
    schedule.exclude = texts_of(row["exclude"]);
    // Only its presence matters to the times: an empty expression is allowed beside it.
    schedule.after = texts_of(row["after"]);
    return schedule;
}

base::Result<Schedule, std::string> declaration_of(const pqxx::row& row) {
    Schedule schedule = times_of(row);
    read_execution(row, schedule);
    read_policies(row, schedule);
    const auto wrong = [](std::string_view column, const std::string& error) {
        return base::Result<Schedule, std::string>{boost::system::in_place_error,
                                                   fmt::format("{}: {}", column, error)};
    };
    if (auto error = read_context(text_of(row["context"]), schedule.context); !error.empty())
        return wrong("context", error);
    if (auto error = read_success(text_of(row["success"]), schedule.success); !error.empty())
        return wrong("success", error);
    if (auto error = read_budget(text_of(row["budget"]), schedule.budget, schedule.day_budget);
        !error.empty())
        return wrong("budget", error);
    if (!row["notify"].is_null()) {
        auto error = read_notify(text_of(row["notify"]), schedule.notify.emplace());
        if (!error.empty()) return wrong("notify", error);
    }
    if (auto error = read_steps(text_of(row["steps"]), schedule.steps); !error.empty())
        return wrong("steps", error);
    return schedule;
}

} // namespace agentcron::db
