#include "cli/turn_text.hpp"

#include "db/client.hpp"

#include <boost/json.hpp>

namespace agentcron::cli {
namespace json = boost::json;
namespace {

json::value text_or_null(const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(db::storable_text(text));
}

json::object members(const Leg& leg) {
    return {{"type", "leg"},
            {"attempt", leg.attempt},
            {"host", text_or_null(leg.host)},
            {"why", text_or_null(leg.why)}};
}

json::object members(const Words& words) {
    return {{"type", "text"}, {"text", words.text}};
}

json::object members(const Thought& thought) {
    return {{"type", "thought"}, {"text", thought.text}};
}

json::object members(const Call& call) {
    json::object object{{"type", "tool"},        {"name", call.name},
                        {"text", call.text},     {"input", nullptr},
                        {"output", call.output}, {"outcome", text_or_null(call.outcome)},
                        {"seconds", nullptr}};
    boost::system::error_code error;
    auto input = json::parse(call.input, error);
    if (!error) object["input"] = std::move(input);
    if (call.seconds) object["seconds"] = *call.seconds;
    return object;
}

json::object members(const Asked& asked) {
    return {{"type", "question"},
            {"id", asked.id},
            {"kind", asked.kind},
            {"text", asked.text},
            {"body", asked.body},
            {"options", json::value_from(asked.options)},
            {"outcome", text_or_null(asked.outcome)},
            {"answer", asked.is_secret ? json::value(nullptr) : text_or_null(asked.answer)},
            {"answered_by", text_or_null(asked.by)},
            {"answered_via", text_or_null(asked.via)},
            {"closed_at", text_or_null(asked.closed_at)}};
}

json::object members(const Told& told) {
    return {{"type", "message"},
            {"text", told.text},
            {"sent_by", told.by},
            {"delivered", told.is_delivered}};
}

json::object members(const Notice& notice) {
    return {{"type", notice.kind}, {"text", db::storable_text(notice.text)}};
}

json::object members(const Raw& raw) {
    return {{"type", "output"}, {"stream", raw.stream}, {"text", db::storable_text(raw.bytes)}};
}

std::string own_time(const Turn& turn) {
    if (const auto* leg = std::get_if<Leg>(&turn.what)) return leg->at;
    if (const auto* asked = std::get_if<Asked>(&turn.what)) return asked->at;
    if (const auto* told = std::get_if<Told>(&turn.what)) return told->at;
    return turn.at;
}

} // namespace

json::object turn_json(const Turn& turn) {
    const auto* asked = std::get_if<Asked>(&turn.what);
    json::object object{{"run_no", asked ? asked->run_no : turn.run_no},
                        {"at", text_or_null(own_time(turn))}};
    for (auto& member : std::visit([](const auto& what) { return members(what); }, turn.what))
        object[member.key()] = std::move(member.value());
    return object;
}

} // namespace agentcron::cli
