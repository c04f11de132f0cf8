// A YAML file as a tree that knows where everything stands. Built from yaml-cpp's events and not
// its nodes, because those keep both of two equal keys, expand nothing lazily and forget positions.
// Plain data; pointers lead into the tree's own store and live as long as it does.
#pragma once

#include "config/error_list.hpp"
#include "config/source.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::config {

struct Node;

struct Entry {
    std::string key;
    std::size_t key_offset = 0;
    const Node* value = nullptr;
};

struct Node {
    enum class Kind { null, text, list, map };
    Kind kind = Kind::null;
    bool plain = false;     // text without quotes: may mean a number or a boolean
    std::size_t offset = 0; // of a null value: its key
    std::string text;
    std::vector<const Node*> items;
    std::vector<Entry> entries; // keys are unique; `<<` is merged in

    const Entry* find(std::string_view key) const;
};

struct Tree {
    std::deque<Node> store;     // a chain of aliases is as long as the file: no recursive owners
    const Node* root = nullptr; // nullptr: the file holds no value
};

inline constexpr int depth_max = 64;
inline constexpr std::size_t nodes_max = 1'000'000; // counts what `<<` copies too

// Reads one document. nullopt: it is not YAML that we accept and `errors` says why. Keys that stand
// twice are reported and the first one is kept, so that reading goes on.
std::optional<Tree> parse_yaml(const Source& source, ErrorList& errors);

} // namespace agentcron::config
