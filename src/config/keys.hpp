// Every key that a configuration file may hold, once: readers take unknown-key messages, ranges and
// choices from here, and the JSON Schema for editors is made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace agentcron::config {

enum class Type {
    text,
    boolean,
    integer,
    amount,     // 1.50, above 0
    duration,   // "45m"
    size,       // "256M"
    text_list,  // [a, b]
    integers,   // a number or a list of them
    durations,  // [1h, 1d]
    list_map,   // {name: [a, b]}
    text_map,   // {NAME: text}
    value_map,  // {name: anything that JSON can hold}
    object,     // a map with its own table
    object_map, // {name: a map with its own table}
    objects,    // a list of maps with their own table
};

struct Table;

struct Key {
    std::string_view name;
    Type type{};
    std::string_view help; // a sentence for the editor's tooltip
    bool required = false;
    const Table* table = nullptr;              // of object, object_map and objects
    std::vector<std::string_view> choices{};   // of text and text_list; empty: any
    std::optional<std::int64_t> low{}, high{}; // of numbers, both included
};

struct Table {
    std::string_view what; // "a schedule", for messages
    std::vector<Key> keys;
    std::vector<std::vector<std::string_view>> one_of{}; // of each, at least one key is needed

    const Key* find(std::string_view name) const;
    std::vector<std::string_view> names() const;
};

// The top level. Keys that start with this are ignored: a place for anchors.
const Table& file_keys();
inline constexpr std::string_view ignored_key_prefix = "x-";
const Table& context_keys();
const Table& agent_keys();
const Table& recycle_keys();
const Table& workspace_keys();
const Table& workspaces_keys();
const Table& limit_keys();
const Table& schedule_keys();
const Table& step_keys();
const Table& retry_keys();
const Table& success_keys();
const Table& budget_keys(); // of a step, or of a day
const Table& schedule_budget_keys();
const Table& concurrency_keys();
const Table& notify_keys();
const Table& escalate_keys();

inline constexpr int slots_max = 10'000;

} // namespace agentcron::config
