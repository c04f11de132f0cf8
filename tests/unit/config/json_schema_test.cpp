#include "config/json_schema.hpp"
#include "config/keys.hpp"
#include "config/yaml_tree.hpp"
#include "reading.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <regex>
#include <sstream>

using namespace agentcron::config;
namespace json = boost::json;

namespace {

json::object schema() {
    return json::parse(json_schema()).as_object();
}

// The schema of a map's values, e.g. of one agent.
const json::object& each_of(const json::object& schema, std::string_view key) {
    return schema.at("properties").at(key).at("additionalProperties").as_object();
}

const json::object& below(const json::object& object, std::string_view key) {
    return object.at("properties").at(key).as_object();
}

// The keys of a file that the schema does not know, each as a path.
void unknown_keys(const json::object& schema, const Node& node, const std::string& path,
                  std::vector<std::string>& unknown) {
    const json::value* properties = schema.if_contains("properties");
    const json::value* others = schema.if_contains("additionalProperties");
    for (const Entry& entry : node.entries) {
        const std::string below = path + "/" + entry.key;
        const json::value* known =
            properties ? properties->as_object().if_contains(entry.key) : nullptr;
        if (!known && others && others->is_object()) known = others;
        if (known)
            unknown_keys(known->as_object(), *entry.value, below, unknown);
        else if (!others || *others == false)
            unknown.push_back(below);
    }
}

std::vector<std::string> unknown_keys(const std::string& text) {
    const Source source("a.yaml", "/", text);
    ErrorList errors;
    const auto tree = parse_yaml(source, errors);
    REQUIRE(tree.has_value());
    std::vector<std::string> unknown;
    unknown_keys(schema(), *tree->root, "", unknown);
    return unknown;
}

} // namespace

TEST_CASE("the example files keep to the schema and load", "[unit][config]") {
    const std::filesystem::path examples = AGENTCRON_SOURCE_DIR "/schedules";
    const auto config = load(examples);
    REQUIRE(config.has_value());
    REQUIRE_FALSE(config->schedules.empty());
    for (const auto& file : config->files) {
        INFO(file);
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        CHECK(unknown_keys(text.str()).empty());
    }
    CHECK(unknown_keys("schedules: {s: {cron: x, retry: {attempt: 1}}}\nagent: {}") ==
          std::vector<std::string>{"/schedules/s/retry/attempt", "/agent"});
}

TEST_CASE("the schema names its draft and refuses unknown keys", "[unit][config]") {
    const json::object whole = schema();
    REQUIRE(whole.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
    REQUIRE(whole.at("additionalProperties") == false);
    REQUIRE(each_of(whole, "agents").at("additionalProperties") == false);
    REQUIRE(each_of(whole, "schedules").at("additionalProperties") == false);
    REQUIRE(whole.at("patternProperties").as_object().contains("^x-"));
}

TEST_CASE("the schema holds every key with a sentence about it", "[unit][config]") {
    const json::object whole = schema();
    const auto check = [](const json::object& object, const Table& table) {
        REQUIRE(object.at("properties").as_object().size() == table.keys.size());
        for (const Key& key : table.keys) {
            INFO(key.name);
            const auto& property = object.at("properties").at(key.name).as_object();
            CHECK(property.at("description").as_string().size() > 10);
        }
    };
    check(whole, file_keys());
    check(below(whole, "context"), context_keys());
    check(each_of(whole, "agents"), agent_keys());
    check(each_of(whole, "agents").at("properties").at("workspace").as_object(), workspace_keys());
    check(each_of(whole, "agents").at("properties").at("limits").as_object(), limit_keys());
    check(each_of(whole, "schedules"), schedule_keys());
    const json::object& schedule = each_of(whole, "schedules");
    check(below(schedule, "retry"), retry_keys());
    check(below(schedule, "success"), success_keys());
    check(below(schedule, "concurrency"), concurrency_keys());
    check(below(schedule, "notify"), notify_keys());
    check(below(below(schedule, "notify"), "escalate"), escalate_keys());
    const json::object& step = below(schedule, "steps").at("items").as_object();
    check(step, step_keys());
    check(below(step, "retry"), retry_keys());
}

TEST_CASE("what a file needs, the schema requires", "[unit][config]") {
    const json::object whole = schema();
    REQUIRE(each_of(whole, "agents").at("required") == json::array{"command"});
    const json::object& schedule = each_of(whole, "schedules");
    REQUIRE_FALSE(schedule.contains("required"));
    REQUIRE(json::serialize(schedule.at("allOf")) ==
            R"([{"anyOf":[{"required":["cron"]},{"required":["after"]}]},)"
            R"({"anyOf":[{"required":["agent"]},{"required":["steps"]}]}])");
    REQUIRE(below(schedule, "notify").at("required") == json::array{"on"});
    REQUIRE_FALSE(whole.contains("required"));
}

TEST_CASE("the schema's choices and ranges are those of the readers", "[unit][config]") {
    const json::object whole = schema();
    const auto& keys = each_of(whole, "schedules").at("properties");
    REQUIRE(keys.at("catch_up").at("enum") == json::array{"latest", "all", "none"});
    REQUIRE(keys.at("priority").at("minimum") == 0);
    REQUIRE(keys.at("priority").at("maximum") == 32767);
    const auto& on = keys.at("notify").at("properties").at("on");
    REQUIRE(on.at("items").at("enum").as_array().size() == 5);
    REQUIRE(on.at("minItems") == 1);
}

TEST_CASE("the schema's duration is one that is read", "[unit][config]") {
    const json::object whole = schema();
    const auto& grace = each_of(whole, "agents").at("properties").at("grace");
    const std::regex pattern(grace.at("pattern").as_string().c_str(), std::regex::ECMAScript);
    for (const std::string text : {"45m", "1h30m", "2d", "0s", "1d2h3m4s", "", "5", "m", "5x",
                                   "1m1h", "1.5h", "-1s", "1ms", " 1m", "1m "}) {
        INFO(text);
        const bool accepted =
            errors_of("agents: {a: {command: [a], grace: '" + text + "'}}").empty();
        CHECK(std::regex_search(text, pattern) == accepted);
    }
}

TEST_CASE("every key of the tables is read", "[unit][config]") {
    // A list of a list is no value of any key but params' own values.
    const auto wrong_value = [](const Key& key, const std::string& before) {
        const std::string with = before + std::string(key.name) + ": [[]]";
        INFO(with);
        CHECK(errors_of(with).find("found a list") != std::string::npos);
    };
    for (const Key& key : file_keys().keys) wrong_value(key, "");
    for (const Key& key : context_keys().keys) wrong_value(key, "context:\n  ");
    for (const Key& key : agent_keys().keys) wrong_value(key, "agents:\n  a:\n    ");
    for (const Key& key : workspace_keys().keys)
        wrong_value(key, "agents:\n  a:\n    workspace:\n      ");
    for (const Key& key : workspaces_keys().keys) wrong_value(key, "workspaces:\n  ");
    for (const Key& key : limit_keys().keys) wrong_value(key, "agents:\n  a:\n    limits:\n      ");
    for (const Key& key : schedule_keys().keys) wrong_value(key, "schedules:\n  s:\n    ");
    const auto below_schedule = [&](std::string_view map, const Table& table) {
        for (const Key& key : table.keys)
            wrong_value(key, "schedules:\n  s:\n    " + std::string(map) + ":\n      ");
    };
    below_schedule("retry", retry_keys());
    below_schedule("success", success_keys());
    below_schedule("concurrency", concurrency_keys());
    below_schedule("notify", notify_keys());
    for (const Key& key : escalate_keys().keys)
        wrong_value(key, "schedules:\n  s:\n    notify:\n      escalate:\n        ");
    for (const Key& key : step_keys().keys)
        wrong_value(key, "schedules:\n  s:\n    steps:\n    - ");
}
