// Reads one map of a configuration file against its key table. Everything wrong becomes an error at
// its place; the target then keeps its default, so that reading goes on and finds more.
#pragma once

#include "base/clock.hpp"
#include "config/error_list.hpp"
#include "config/keys.hpp"
#include "config/source.hpp"
#include "config/yaml_tree.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentcron::config {

class MapReader {
public:
    // `offset` is the place of what is missing: usually the key that names the map. Reports unknown
    // and missing keys at once. A null `map` counts as an empty one.
    MapReader(const Source& source, ErrorList& errors, const Table& table, const Node& map,
              std::size_t offset);

    // The value of a known key; nullptr: absent, or already reported as wrong.
    const Node* value(std::string_view key) const;

    // Each reads a present value into its target.
    void read(std::string_view key, std::string& target);
    void read(std::string_view key, bool& target);
    void read(std::string_view key, int& target);
    void read(std::string_view key, std::optional<int>& target);
    void read(std::string_view key, std::optional<std::int64_t>& target);
    void read(std::string_view key, std::optional<double>& target); // an amount
    void read(std::string_view key, base::Seconds& target);
    void read_size(std::string_view key, std::uint64_t& bytes);
    void read(std::string_view key, std::vector<std::string>& target);
    void read(std::string_view key, std::vector<int>& target);
    void read(std::string_view key, std::vector<base::Seconds>& target);
    void read(std::string_view key, std::vector<std::pair<std::string, std::string>>& target);
    // A text that is one of the key's choices; `from` turns it into a value.
    template <class Enum>
    void read(std::string_view key, Enum& target, std::optional<Enum> (*from)(std::string_view)) {
        std::string text;
        read(key, text);
        if (const auto found = from(text)) target = *found;
    }
    // The entries of a map that needs no table; empty if absent or wrong.
    const std::vector<Entry>& entries(std::string_view key);
    // A reader for the map below `key`, nullopt if that is absent or no map.
    std::optional<MapReader> object(std::string_view key);
    // A reader for each map of the list below `key`; what is no map counts as an empty one after a
    // report.
    std::vector<MapReader> objects(std::string_view key);

    // Reports what is wrong with a key's value, at byte `index` of its text. A key that was already
    // reported, and one that is absent, gets no second error.
    void fail(std::string_view key, std::string message, std::size_t index = 0);
    // The same for an element of a list; for the key itself if its value is no list.
    void fail_item(std::string_view key, std::size_t item, std::string message);
    // Reports what is wrong with the map as a whole.
    void fail_map(std::string message);
    bool has(std::string_view key) const { return map_->find(key) != nullptr; }

private:
    void check_keys();
    // The value if it has the kind, else nullptr after a report that says what was expected.
    const Node* value_of_kind(std::string_view key, Node::Kind kind, std::string_view expected);
    void fail_at(std::string_view key, std::size_t offset, std::string message);

    const Source* source_;
    ErrorList* errors_;
    const Table* table_;
    const Node* map_;
    std::size_t offset_;
    std::vector<std::string_view> wrong_; // keys that were reported
};

// What stands there, for messages: "a list", "nothing", "'abc'".
std::string describe(const Node& node);
// true and false as YAML's core schema spells them, without quotes.
std::optional<bool> as_boolean(const Node& node);

} // namespace agentcron::config
