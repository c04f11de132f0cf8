#include "agent/codex_requests.hpp"

#include "agent/answers.hpp"
#include "agent/json_text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::codex {
namespace json = boost::json;
namespace {

json::object elicited(std::string_view action, json::value content, json::value meta = nullptr) {
    return {{"action", action}, {"content", std::move(content)}, {"_meta", std::move(meta)}};
}

json::object granted(const json::object& permissions, bool for_session) {
    return {{"permissions", permissions}, {"scope", for_session ? "session" : "turn"}};
}

// Codex takes no edited input: the call is refused, and the agent told what to do instead.
std::string remark_of(const Request& request, const Decision& decision) {
    const auto& what = request.question.headline;
    if (decision.input)
        return fmt::format("A person was asked: {}\nThe person does not allow it as it was, but "
                           "with this input instead:\n{}",
                           what, json::serialize(*decision.input));
    if (decision.allow || decision.reason.empty()) return "";
    return fmt::format("A person was asked: {}\nThe person said no: {}", what, decision.reason);
}

json::object decided(const Request& request, bool allow, bool for_session) {
    if (request.kind == Request::Kind::permissions)
        return granted(allow ? request.permissions : json::object{}, allow && for_session);
    if (request.kind == Request::Kind::decision)
        return {{"decision", !allow ? "decline" : for_session ? "acceptForSession" : "accept"}};
    if (!allow) return elicited("decline", nullptr);
    if (!for_session) return elicited("accept", json::object{});
    return elicited("accept", json::object{}, json::object{{"persist", "session"}});
}

bool offers_session(const Question& question) {
    return std::any_of(question.options.begin(), question.options.end(),
                       [](const Option& option) { return option.value == "allow_session"; });
}

json::object chosen(const Request& request, std::string_view answer) {
    json::object answers;
    for (const auto& one : choices_from(request.items, answer))
        answers[one.key] = {{"answers", json::array(one.values.begin(), one.values.end())}};
    return {{"answers", std::move(answers)}};
}

json::object filled(const Request& request, std::string_view answer) {
    if (request.kind == Request::Kind::url)
        return is_done(answer) ? elicited("accept", nullptr) : elicited("decline", nullptr);
    auto form = form_from(request.question.schema, answer);
    if (!form || !*form) return elicited("decline", nullptr); // the database lets no bad one pass
    return elicited("accept", std::move(**form));
}

} // namespace

Reply reply_to(const Request& request, std::string_view answer) {
    switch (request.kind) {
    case Request::Kind::user_input: return {chosen(request, answer), ""};
    case Request::Kind::form:
    case Request::Kind::url: return {filled(request, answer), ""};
    case Request::Kind::decision:
    case Request::Kind::permissions:
    case Request::Kind::tool_call: break;
    }
    const auto decision = decision_from(answer);
    const bool allow = decision.allow && !decision.input;
    return {decided(request, allow, decision.for_session && offers_session(request.question)),
            remark_of(request, decision)};
}

Reply reply_without_answer(const Request& request) {
    const auto remark = fmt::format("A person was asked: {}\nNobody answered in time. Go on "
                                    "without an answer.",
                                    request.question.headline);
    switch (request.kind) {
    case Request::Kind::user_input: return {{{"answers", json::object{}}}, remark};
    case Request::Kind::form:
    case Request::Kind::url: return {elicited("decline", nullptr), remark};
    case Request::Kind::decision:
    case Request::Kind::permissions:
    case Request::Kind::tool_call: break;
    }
    return {decided(request, false, false), remark};
}

bool is_same_request(std::string_view one, std::string_view other) {
    const auto first = parse_object(one);
    const auto second = parse_object(other);
    return first && second && *first == *second;
}

} // namespace agentcron::agent::codex
