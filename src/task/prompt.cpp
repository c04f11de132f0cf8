#include "task/prompt.hpp"

#include "base/text.hpp"

#include <array>
#include <boost/json.hpp>
#include <set>
#include <spdlog/fmt/fmt.h>

namespace agentcron::task {

namespace {

namespace json = boost::json;

constexpr std::string_view params_prefix = "params.";
constexpr std::string_view results_prefix = "results.";
constexpr std::string_view context_prefix = "context.";
constexpr std::array<std::string_view, 6> plain_names{"schedule",        "fire_time", "task_id",
                                                      "last_success_at", "workspace", "branch"};

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

// What a name of a template may stand for.
struct Known {
    const json::object& params;
    const json::object* results = nullptr;                  // when it is rendered
    const std::vector<std::string>* result_names = nullptr; // when it is checked; neither: any
    std::vector<std::string_view> context_names{};
};

template <class Named>
std::vector<std::string_view> names_of(const Named& named) {
    std::vector<std::string_view> names;
    for (const auto& [name, content] : named) names.push_back(name);
    return names;
}

// The value at the end of `path`, names joined by dots. A name may have dots itself, so the longest
// that is there goes first.
const json::value* value_at(const json::object& object, std::string_view path) {
    if (const json::value* found = object.if_contains(path)) return found;
    for (auto dot = path.rfind('.'); dot != std::string_view::npos && dot > 0;
         dot = path.rfind('.', dot - 1)) {
        const json::value* member = object.if_contains(path.substr(0, dot));
        if (!member || !member->is_object()) continue;
        const json::value* found = value_at(member->get_object(), path.substr(dot + 1));
        if (found) return found;
    }
    return nullptr;
}

bool is_result_of(std::string_view path, std::string_view name) {
    return path.starts_with(name) && (path.size() == name.size() || path[name.size()] == '.');
}

bool is_known(std::string_view name, const Known& known) {
    if (name.starts_with(params_prefix))
        return known.params.contains(name.substr(params_prefix.size()));
    if (name.starts_with(context_prefix)) {
        const auto query = name.substr(context_prefix.size());
        const auto& names = known.context_names;
        return std::find(names.begin(), names.end(), query) != names.end();
    }
    if (!name.starts_with(results_prefix))
        return std::find(plain_names.begin(), plain_names.end(), name) != plain_names.end();
    const auto path = name.substr(results_prefix.size());
    if (known.results) return value_at(*known.results, path) != nullptr;
    if (!known.result_names) return !path.empty();
    return std::any_of(known.result_names->begin(), known.result_names->end(),
                       [&](const std::string& result) { return is_result_of(path, result); });
}

// What exists where `path` leads to nothing: the members of the last object on its way.
void add_members(const json::object& object, std::string_view path, const std::string& prefix,
                 std::vector<std::string>& names) {
    for (const auto& [key, value] : object)
        if (value.is_object() && path.starts_with(key) && path.substr(key.size()).starts_with('.'))
            return add_members(value.get_object(), path.substr(key.size() + 1),
                               fmt::format("{}{}.", prefix, std::string_view(key)), names);
    for (const auto& member : object)
        names.push_back(fmt::format("{}{}", prefix, std::string_view(member.key())));
}

std::string unknown_name(std::string_view name, const Known& known) {
    const std::string results(results_prefix);
    std::vector<std::string> full_names(plain_names.begin(), plain_names.end());
    add_members(known.params, "", std::string(params_prefix), full_names);
    if (known.results)
        add_members(*known.results,
                    name.starts_with(results) ? name.substr(results.size()) : std::string_view(),
                    results, full_names);
    else if (known.result_names)
        for (const std::string& result : *known.result_names)
            full_names.push_back(results + result);
    for (const auto query : known.context_names)
        full_names.push_back(fmt::format("{}{}", context_prefix, query));
    const std::vector<std::string_view> names(full_names.begin(), full_names.end());

    std::string suggestion = base::did_you_mean(name, names);
    // The commonest slip: the parameter's name without "params.".
    if (known.params.contains(name))
        suggestion = fmt::format("; did you mean '{}{}'?", params_prefix, name);
    return fmt::format("unknown value '{}'; known are {}{}", base::one_line(name, 60),
                       fmt::join(names, ", "), suggestion);
}

std::optional<PromptError> error_of(const Piece& piece, const Known& known) {
    switch (piece.kind) {
    case Piece::Kind::text: return std::nullopt;
    case Piece::Kind::broken:
        return PromptError{piece.offset,
                           "'{{' starts a value such as {{fire_time}}, which must end "
                           "with '}}' on the same line; write '{{{{' for a plain "
                           "'{{'"};
    case Piece::Kind::name:
        if (is_known(piece.content, known)) return std::nullopt;
        return PromptError{piece.offset, unknown_name(piece.content, known)};
    }
    return std::nullopt;
}

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

bool value_is_missing(std::string_view name, const PromptValues& values) {
    return (name == "branch" && values.branch.empty()) ||
           (name == "workspace" && values.workspace.empty());
}

// `name` is known.
std::string value_of(std::string_view name, const PromptValues& values) {
    if (name == "schedule") return values.schedule;
    if (name == "fire_time") return values.fire_time;
    if (name == "task_id") return std::to_string(values.task_id);
    if (name == "last_success_at") return values.last_success_at;
    if (name == "workspace") return values.workspace;
    if (name == "branch") return values.branch;
    if (name.starts_with(context_prefix))
        return values.context.find(name.substr(context_prefix.size()))->second;
    if (name.starts_with(params_prefix))
        return text_of(values.params.at(name.substr(params_prefix.size())));
    return text_of(*value_at(values.results, name.substr(results_prefix.size())));
}

std::optional<std::string> bound_value(std::string_view name, const PromptValues& values) {
    if (name.starts_with(params_prefix) &&
        values.params.at(name.substr(params_prefix.size())).is_null())
        return std::nullopt;
    auto text = value_of(name, values);
    if (text.empty() && (name == "fire_time" || name == "last_success_at")) return std::nullopt;
    return text;
}

// In quotes it would be the text `$1`.
std::optional<PromptError> quoted(const Piece& piece, std::string_view text) {
    const char before = piece.offset > 0 ? text[piece.offset - 1] : ' ';
    if (piece.kind != Piece::Kind::name || (before != '\'' && before != '"')) return std::nullopt;
    return PromptError{piece.offset,
                       fmt::format("a value is bound to a query, not pasted into its text: write "
                                   "{{{{{}}}}} without quotes, with a cast such as ::text where "
                                   "PostgreSQL asks for one",
                                   piece.content)};
}

std::optional<PromptError> query_error(const Piece& piece, std::string_view text,
                                       const Known& known) {
    if (auto error = quoted(piece, text)) return error;
    return error_of(piece, known);
}

} // namespace

std::vector<PromptError> check_prompt(std::string_view text, const json::object& params,
                                      const std::vector<std::string>* result_names,
                                      const Queries& context) {
    const Known known{.params = params,
                      .results = nullptr,
                      .result_names = result_names,
                      .context_names = names_of(context)};
    std::vector<PromptError> errors;
    for (const Piece& piece : pieces_of(text)) {
        if (auto error = error_of(piece, known)) errors.push_back(std::move(*error));
    }
    return errors;
}

base::Result<std::string, PromptError> render_prompt(std::string_view text,
                                                     const PromptValues& values) {
    const Known known{.params = values.params,
                      .results = &values.results,
                      .result_names = nullptr,
                      .context_names = names_of(values.context)};
    std::string rendered;
    for (const Piece& piece : pieces_of(text)) {
        if (auto error = error_of(piece, known)) return std::move(*error);
        const bool is_name = piece.kind == Piece::Kind::name;
        if (is_name && value_is_missing(piece.content, values))
            return PromptError{piece.offset,
                               fmt::format("there is no {}: only an agent with workspace: "
                                           "{{git: ...}} has one",
                                           piece.content)};
        if (piece.kind == Piece::Kind::text)
            rendered += piece.content;
        else
            rendered += value_of(piece.content, values);
    }
    return rendered;
}

std::vector<std::string> context_in(std::string_view text) {
    std::set<std::string> names;
    for (const Piece& piece : pieces_of(text))
        if (piece.kind == Piece::Kind::name && piece.content.starts_with(context_prefix))
            names.emplace(piece.content.substr(context_prefix.size()));
    return {names.begin(), names.end()};
}

std::vector<PromptError> check_query(std::string_view text, const json::object& params) {
    const Known known{.params = params};
    std::vector<PromptError> errors;
    for (const Piece& piece : pieces_of(text))
        if (auto error = query_error(piece, text, known)) errors.push_back(std::move(*error));
    return errors;
}

base::Result<BoundQuery, PromptError> bind_query(std::string_view text,
                                                 const PromptValues& values) {
    const Known known{.params = values.params, .results = &values.results};
    BoundQuery bound;
    for (const Piece& piece : pieces_of(text)) {
        if (auto error = query_error(piece, text, known)) return std::move(*error);
        if (piece.kind == Piece::Kind::text) {
            bound.sql += piece.content;
            continue;
        }
        bound.values.push_back(bound_value(piece.content, values));
        bound.sql += fmt::format("${}", bound.values.size());
    }
    return bound;
}

} // namespace agentcron::task
