#include "task/prompt.hpp"

#include "base/text.hpp"

#include <array>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::task {

namespace {

namespace json = boost::json;

constexpr std::string_view params_prefix = "params.";
constexpr std::array<std::string_view, 4> plain_names{"schedule", "fire_time", "task_id",
                                                      "last_success_at"};

// A template is literal text and names, each at its byte offset.
struct Piece {
    std::size_t offset = 0;
    enum class Kind { text, name, broken } kind = Kind::text;
    std::string_view content; // of a name: what stands between the braces, trimmed
};

std::vector<Piece> pieces_of(std::string_view text) {
    std::vector<Piece> pieces;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t open = std::min(text.find("{{", at), text.size());
        if (open > at) pieces.push_back({at, Piece::Kind::text, text.substr(at, open - at)});
        if (open == text.size()) break;
        if (text.substr(open).starts_with("{{{{")) {
            pieces.push_back({open, Piece::Kind::text, "{{"});
            at = open + 4;
            continue;
        }
        const std::size_t close = text.find_first_of("{}\n", open + 2);
        if (close == std::string_view::npos || !text.substr(close).starts_with("}}")) {
            pieces.push_back({open, Piece::Kind::broken, {}});
            at = open + 2;
            continue;
        }
        const auto name = base::trim(text.substr(open + 2, close - open - 2));
        pieces.push_back({open, name.empty() ? Piece::Kind::broken : Piece::Kind::name, name});
        at = close + 2;
    }
    return pieces;
}

bool is_known(std::string_view name, const json::object& params) {
    if (name.starts_with(params_prefix)) {
        name.remove_prefix(params_prefix.size());
        return params.contains(name);
    }
    return std::find(plain_names.begin(), plain_names.end(), name) != plain_names.end();
}

std::string unknown_name(std::string_view name, const json::object& params) {
    std::vector<std::string> full_names;
    for (const auto& member : params)
        full_names.push_back(fmt::format("{}{}", params_prefix, std::string_view(member.key())));
    std::vector<std::string_view> known(plain_names.begin(), plain_names.end());
    known.insert(known.end(), full_names.begin(), full_names.end());

    std::string suggestion = base::did_you_mean(name, known);
    // The commonest slip: the parameter's name without "params.".
    if (params.contains(name))
        suggestion = fmt::format("; did you mean '{}{}'?", params_prefix, name);
    return fmt::format("unknown value '{}'; known are {}{}", base::one_line(name, 60),
                       fmt::join(known, ", "), suggestion);
}

std::optional<PromptError> error_of(const Piece& piece, const json::object& params) {
    switch (piece.kind) {
    case Piece::Kind::text: return std::nullopt;
    case Piece::Kind::broken:
        return PromptError{piece.offset,
                           "'{{' starts a value such as {{fire_time}}, which must end "
                           "with '}}' on the same line; write '{{{{' for a plain "
                           "'{{'"};
    case Piece::Kind::name:
        if (is_known(piece.content, params)) return std::nullopt;
        return PromptError{piece.offset, unknown_name(piece.content, params)};
    }
    return std::nullopt;
}

// `name` is known.
std::string value_of(std::string_view name, const PromptValues& values) {
    if (name == "schedule") return values.schedule;
    if (name == "fire_time") return values.fire_time;
    if (name == "task_id") return std::to_string(values.task_id);
    if (name == "last_success_at") return values.last_success_at;
    const json::value& value = values.params.at(name.substr(params_prefix.size()));
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

} // namespace

std::vector<PromptError> check_prompt(std::string_view text, const json::object& params) {
    std::vector<PromptError> errors;
    for (const Piece& piece : pieces_of(text)) {
        if (auto error = error_of(piece, params)) errors.push_back(std::move(*error));
    }
    return errors;
}

base::Result<std::string, PromptError> render_prompt(std::string_view text,
                                                     const PromptValues& values) {
    std::string rendered;
    for (const Piece& piece : pieces_of(text)) {
        if (auto error = error_of(piece, values.params)) return std::move(*error);
        if (piece.kind == Piece::Kind::text)
            rendered += piece.content;
        else
            rendered += value_of(piece.content, values);
    }
    return rendered;
}

} // namespace agentcron::task
