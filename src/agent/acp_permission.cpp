#include "agent/acp_permission.hpp"

#include "agent/answers.hpp"
#include "agent/json_text.hpp"
#include "agent/messages.hpp"
#include "agent/own_server.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::agent::acp {
namespace json = boost::json;
namespace {

struct Offer {
    std::string id;
    std::string name;
    std::string kind; // allow_once, allow_always, reject_once, reject_always, or of a later version
};

std::vector<Offer> offers_of(const json::object& params) {
    std::vector<Offer> offers;
    const auto* list = params.if_contains("options");
    if (!list || !list->is_array()) return offers;
    for (const auto& one : list->get_array()) {
        const auto* option = one.if_object();
        const auto id = option ? text_member(*option, "optionId") : "";
        if (id.empty()) continue;
        auto name = base::one_line(text_member(*option, "name"), headline_bytes_max);
        if (name.empty()) name = base::one_line(id, headline_bytes_max);
        offers.push_back({id, std::move(name), text_member(*option, "kind")});
    }
    return offers;
}

std::ptrdiff_t count_of(const std::vector<Offer>& offers, std::string_view kind) {
    return std::count_if(offers.begin(), offers.end(),
                         [&](const Offer& offer) { return offer.kind == kind; });
}

const Offer* first_of(const std::vector<Offer>& offers, std::string_view kind) {
    const auto found = std::find_if(offers.begin(), offers.end(),
                                    [&](const Offer& offer) { return offer.kind == kind; });
    return found == offers.end() ? nullptr : &*found;
}

const Offer* only_of(const std::vector<Offer>& offers, std::string_view kind) {
    return count_of(offers, kind) == 1 ? first_of(offers, kind) : nullptr;
}

// The word for an offer that is the only one of its kind, else its own id.
std::string word_for(const std::vector<Offer>& offers, const Offer& offer) {
    if (count_of(offers, offer.kind) != 1) return offer.id;
    if (offer.kind == "allow_once") return "allow";
    if (offer.kind == "allow_always") return "allow_session";
    const bool denies = offer.kind == "reject_once" ||
                        (offer.kind == "reject_always" && !first_of(offers, "reject_once"));
    return denies ? "deny" : offer.id;
}

const Offer* offer_named(const std::vector<Offer>& offers, std::string_view name) {
    const auto found = std::find_if(offers.begin(), offers.end(), [&](const Offer& offer) {
        return offer.id == name || offer.name == name || word_for(offers, offer) == name;
    });
    return found == offers.end() ? nullptr : &*found;
}

const Offer* offer_for(const std::vector<Offer>& offers, const Decision& decision) {
    if (decision.allow && !decision.input) {
        const bool has_once = first_of(offers, "allow_once") != nullptr;
        const auto* always = only_of(offers, "allow_always");
        if (always && (decision.for_session || !has_once)) return always;
        if (const auto* once = only_of(offers, "allow_once")) return once;
    }
    const auto* once = first_of(offers, "reject_once");
    return once ? once : first_of(offers, "reject_always");
}

bool is_allowing(const Offer* offer) {
    return offer && !offer->kind.starts_with("reject");
}

Reply selecting(const Offer* offer) {
    if (!offer) return {.body = {{"outcome", {{"outcome", "cancelled"}}}}, .is_denial = true};
    return {.body = {{"outcome", {{"outcome", "selected"}, {"optionId", offer->id}}}},
            .is_denial = !is_allowing(offer)};
}

// What a person reads of a tool call's content: texts, and files as they would be.
std::string words_of(const json::value& content) {
    std::string words;
    if (!content.is_array()) return words;
    for (const auto& one : content.get_array()) {
        const auto* block = one.if_object();
        if (!block) continue;
        if (const auto* text = find_object(*block, "content"))
            words += text_member(*text, "text") + "\n";
        if (block->contains("newText"))
            words += fmt::format("{}:\n{}\n", text_member(*block, "path"),
                                 text_member(*block, "newText"));
    }
    return words;
}

std::string words_of_input(const json::value& input) {
    if (input.is_null()) return "";
    if (!input.is_object()) return plain_text(input) + "\n";
    std::string words;
    for (const auto& [key, member] : input.get_object())
        words += fmt::format("{}: {}\n", std::string_view(key), plain_text(member));
    return words;
}

std::string body_of(const json::object& call) {
    const auto* input = call.if_contains("rawInput");
    const auto* content = call.if_contains("content");
    return (input ? words_of_input(*input) : "") + (content ? words_of(*content) : "");
}

// Content without the names that change from one asking to the next.
json::array lasting(const json::value* content) {
    json::array blocks;
    if (!content || !content->is_array()) return blocks;
    for (const auto& block : content->get_array()) {
        const auto* object = block.if_object();
        if (object && text_member(*object, "type") != "terminal") blocks.push_back(block);
    }
    return blocks;
}

// By the input where the agent tells it, else by what it shows: two edits of one file may have the
// same title.
std::string request_of(const json::object& call) {
    auto tool = text_member(call, "title");
    if (tool.empty()) tool = text_member(call, "kind");
    json::object request{{"tool", tool}};
    const auto* input = call.if_contains("rawInput");
    const auto* members = input ? input->if_object() : nullptr;
    const bool has_input = input && !input->is_null() && !(members && members->empty());
    if (has_input)
        request["input"] = *input;
    else if (auto content = lasting(call.if_contains("content")); !content.empty())
        request["content"] = std::move(content);
    else if (text_member(call, "title").empty())
        return "";
    const json::object whole{{"request", std::move(request)}};
    return member_json(json::serialize(whole), whole, "request");
}

} // namespace

void set_permission(Question& question, const json::object& params) {
    const auto* given = find_object(params, "toolCall");
    const auto call = given ? *given : json::object{};
    auto name = text_member(call, "name");
    if (name.empty()) name = text_member(call, "kind");
    const auto title = text_member(call, "title");
    const bool both = !name.empty() && !title.empty() && name != title;
    const auto text = both ? fmt::format("{}: {}", name, title) : title.empty() ? name : title;
    auto id = std::move(question.native_id);
    question = question_from({{"text", text}, {"detail", body_of(call)}, {"kind", "approve"}}, 0);
    question.native_id = std::move(id);
    question.request = request_of(call);
    question.options.clear();
    const auto offers = offers_of(params);
    for (const auto& offer : offers)
        question.options.push_back({word_for(offers, offer), offer.name, ""});
}

bool is_for_own_tool(const json::object& params) {
    const auto* call = find_object(params, "toolCall");
    const auto* meta = call ? find_object(*call, "_meta") : nullptr;
    const auto* claude = meta ? find_object(*meta, "claudeCode") : nullptr;
    const auto* server = claude ? find_object(*claude, "mcpServer") : nullptr;
    return server && text_member(*server, "name") == own_server::name &&
           own_server::has_tool(text_member(*claude, "toolName"));
}

Reply permission_reply(const Asked& asked, std::string_view answer) {
    const auto offers = offers_of(asked.params);
    const auto decision = decision_from(answer);
    const bool is_clear = decision.allow || decision.reason.empty();
    if (!is_clear) {
        if (const auto* offer = offer_named(offers, base::trim(answer))) return selecting(offer);
    }
    const auto* offer = offer_for(offers, decision);
    auto reply = selecting(offer);
    if (!reply.is_denial) return reply;
    reply.words = decision.reason;
    if (decision.input)
        reply.words = "do it with this input instead: " + json::serialize(*decision.input);
    return reply;
}

} // namespace agentcron::agent::acp
