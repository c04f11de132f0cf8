#include "db/manifest.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "db/embedded.hpp"

#include <charconv>
#include <map>
#include <set>
#include <spdlog/fmt/fmt.h>
#include <utility>

namespace agentcron::db {
namespace {

constexpr std::string_view server_lead = "postgresql ";
constexpr std::string_view body_lead = " body ";

using Key = std::pair<std::string_view, std::string_view>;

std::map<Key, const SchemaObject*> by_name(const Manifest& manifest) {
    std::map<Key, const SchemaObject*> found;
    for (const auto& object : manifest.objects) found[{object.kind, object.name}] = &object;
    return found;
}

// The table of a column, a constraint, an index or a trigger; "" for what stands alone.
std::string_view table_of(const SchemaObject& object) {
    const std::string_view name = object.name;
    const bool is_part = object.kind == "column" || object.kind == "constraint" ||
                         object.kind == "index" || object.kind == "trigger";
    return is_part ? name.substr(0, name.find('.')) : std::string_view();
}

std::set<std::string_view> tables_of(const Manifest& manifest) {
    std::set<std::string_view> tables;
    for (const auto& object : manifest.objects)
        if (object.kind == "table" || object.kind == "view") tables.insert(object.name);
    return tables;
}

bool is_same(const SchemaObject& expected, const SchemaObject& actual, bool with_bodies) {
    if (with_bodies || expected.kind != "view") return expected.definition == actual.definition;
    const auto without_body = [](std::string_view text) {
        return text.substr(0, text.find(body_lead));
    };
    return without_body(expected.definition) == without_body(actual.definition);
}

} // namespace

std::string manifest_text(const Manifest& manifest) {
    std::string text = fmt::format("{}{}\n", server_lead, manifest.major);
    for (const auto& object : manifest.objects)
        text += fmt::format("{} {}:{}{}\n", object.kind, object.name,
                            object.definition.empty() ? "" : " ", object.definition);
    return text;
}

Manifest manifest_from(std::string_view text) {
    Manifest manifest;
    for (const auto line : base::split(base::trim(text), '\n')) {
        if (line.starts_with(server_lead)) {
            const auto number = line.substr(server_lead.size());
            std::from_chars(number.data(), number.data() + number.size(), manifest.major);
            continue;
        }
        const auto name_at = line.find(' ');
        const auto colon = line.find(": ", name_at);
        const bool is_bare = colon == std::string_view::npos && line.ends_with(':');
        AGENTCRON_CHECK(name_at != std::string_view::npos &&
                            (is_bare || colon != std::string_view::npos),
                        "no line of a manifest: {}", line);
        const auto name_end = is_bare ? line.size() - 1 : colon;
        manifest.objects.push_back({std::string(line.substr(0, name_at)),
                                    std::string(line.substr(name_at + 1, name_end - name_at - 1)),
                                    is_bare ? std::string() : std::string(line.substr(colon + 2))});
    }
    return manifest;
}

Manifest expected_schema() {
    return manifest_from(schema_manifest());
}

Manifest read_schema(Connection& connection) {
    return in_transaction(connection, [&](pqxx::work& tx) {
        connection.run(tx, "plain_search_path", params());
        Manifest manifest;
        for (const auto& row : connection.run(tx, "schema_objects", params())) {
            manifest.objects.push_back(
                {text_of(row["kind"]), text_of(row["name"]), text_of(row["definition"])});
            manifest.major = static_cast<int>(integer_of(row["major"]));
        }
        return manifest;
    });
}

std::vector<Drift> compare(const Manifest& expected, const Manifest& actual) {
    const auto wanted = by_name(expected);
    const auto present = by_name(actual);
    const auto wanted_tables = tables_of(expected);
    const auto present_tables = tables_of(actual);
    const auto goes_without_saying = [](const SchemaObject& object, const auto& tables_there) {
        const auto table = table_of(object);
        return !table.empty() && !tables_there.contains(table);
    };
    std::map<Key, Drift> found;
    for (const auto& [key, object] : wanted) {
        const auto here = present.find(key);
        if (here == present.end()) {
            if (!goes_without_saying(*object, present_tables))
                found[key] = {Drift::Kind::missing, *object};
        } else if (!is_same(*object, *here->second, expected.major == actual.major)) {
            found[key] = {Drift::Kind::changed, *object, here->second->definition};
        }
    }
    for (const auto& [key, object] : present)
        if (!wanted.contains(key) && !goes_without_saying(*object, wanted_tables))
            found[key] = {Drift::Kind::unexpected, *object};
    std::vector<Drift> drifts;
    for (auto& [key, drift] : found) drifts.push_back(std::move(drift));
    return drifts;
}

} // namespace agentcron::db
