#include "cron/batch.hpp"

#include "cron/fire_times.hpp"
#include "cron/instant_text.hpp"

#include <boost/json.hpp>

namespace agentcron::cron {
namespace {

namespace json = boost::json;

std::string error_line(const json::value& id, std::string_view message) {
    return json::serialize(json::object{{"id", id}, {"error", message}});
}

// The text of a member, or `fallback` if it is missing. False: it is not a text.
bool text_member(const json::object& request, std::string_view name, std::string_view fallback,
                 std::string_view& out) {
    const json::value* member = request.if_contains(name);
    out = fallback;
    if (member == nullptr || member->is_null()) return true;
    const json::string* text = member->if_string();
    if (text == nullptr) return false;
    out = {text->data(), text->size()};
    return true;
}

bool count_member(const json::object& request, std::int64_t& count) {
    const json::value* member = request.if_contains("count");
    count = 1;
    if (member == nullptr || member->is_null()) return true;
    const std::int64_t* number = member->if_int64();
    if (number == nullptr || *number < 0 || *number > batch_count_max) return false;
    count = *number;
    return true;
}

std::string job_id_of(const json::value& id) {
    if (const json::string* text = id.if_string()) return {text->data(), text->size()};
    return id.is_null() ? std::string{} : json::serialize(id);
}

} // namespace

std::string Batch::answer(std::string_view line) {
    boost::system::error_code problem;
    const json::value parsed = json::parse({line.data(), line.size()}, problem);
    if (problem) return error_line(nullptr, "not JSON: " + problem.message());
    const json::object* request = parsed.if_object();
    if (request == nullptr) return error_line(nullptr, "not a JSON object");
    const json::value* given_id = request->if_contains("id");
    const json::value id = given_id == nullptr ? json::value{} : *given_id;

    std::string_view pattern;
    std::string_view zone_name;
    std::string_view from_text;
    std::int64_t count = 0;
    if (!request->contains("expr") || !text_member(*request, "expr", "", pattern))
        return error_line(id, "\"expr\" must be a text");
    if (!text_member(*request, "tz", "UTC", zone_name))
        return error_line(id, "\"tz\" must be a text");
    if (!text_member(*request, "from", "", from_text))
        return error_line(id, "\"from\" must be a text");
    if (!count_member(*request, count))
        return error_line(id, "\"count\" must be a whole number from 0 to 100000");

    const auto zone = zones_.load(zone_name);
    if (!zone) return error_line(id, zone.error().message());
    const auto from = from_text.empty() ? now_ : parse_instant(from_text, **zone);
    if (!from) return error_line(id, "\"from\" is not a time such as 2026-03-29T01:00:00Z");
    const std::string job_id = job_id_of(id);
    const auto expression = parse(pattern, {job_id, *from});
    if (!expression) return error_line(id, expression.error().message());

    std::string out = "{\"id\":" + json::serialize(id) + ",\"next\":[";
    std::chrono::sys_seconds time = *from;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto following = next(*expression, **zone, time);
        if (!following) break;
        out += i == 0 ? "\"" : ",\"";
        append_utc_text(out, *following);
        out += '"';
        time = *following;
    }
    return out + "]}";
}

} // namespace agentcron::cron
