#include "config/map_reader.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "config/scalar_position.hpp"
#include "config/size.hpp"

#include <algorithm>
#include <charconv>
#include <spdlog/fmt/fmt.h>

namespace agentcron::config {
namespace {

const Node empty_map{Node::Kind::map, false, 0, {}, {}, {}};

std::optional<std::int64_t> as_integer(const Node& node) {
    std::int64_t number = 0;
    const char* const end = node.text.data() + node.text.size();
    const auto [rest, error] = std::from_chars(node.text.data(), end, number);
    if (!node.plain || error != std::errc{} || rest != end) return std::nullopt;
    return number;
}

// `prompt: {{fire_time}} ...` is a map to YAML.
bool is_bracketed(const Source& source, const Node& node) {
    if (node.kind != Node::Kind::map && node.kind != Node::Kind::list) return false;
    const char first = node.offset < source.text().size() ? source.text()[node.offset] : ' ';
    return first == '{' || first == '[';
}

// The list that a person meant who wrote a command as one text; "" where only a shell could tell.
std::string as_words(std::string_view text) {
    if (text.find_first_of("\"'\\$`|&;<>(){}[]*?#,:\n") != std::string_view::npos) return {};
    std::string words;
    for (const std::string_view word : base::split(base::trim(text), ' ')) {
        if (word.empty()) continue;
        words += words.empty() ? "" : ", ";
        words += word;
    }
    return words;
}

std::string unknown_choice(std::string_view key, const Node& node,
                           const std::vector<std::string_view>& choices) {
    return fmt::format("unknown {} {}; expected {}{}", key, describe(node),
                       fmt::join(choices, ", "), base::did_you_mean(node.text, choices));
}

} // namespace

std::string describe(const Node& node) {
    switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a map";
    case Node::Kind::text: break;
    }
    return fmt::format("{}'{}'", node.plain ? "" : "the text ", base::one_line(node.text, 60));
}

std::optional<bool> as_boolean(const Node& node) {
    const std::string& text = node.text;
    if (!node.plain) return std::nullopt;
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    return std::nullopt;
}

MapReader::MapReader(const Source& source, ErrorList& errors, const Table& table, const Node& map,
                     std::size_t offset)
    : source_(&source), errors_(&errors), table_(&table), map_(&map), offset_(offset) {
    if (map.kind == Node::Kind::null) map_ = &empty_map;
    if (map_->kind != Node::Kind::map) {
        errors_->add(
            *source_, map.offset,
            fmt::format("expected the keys of {} as a map, found {}", table.what, describe(map)));
        map_ = &empty_map;
        return;
    }
    check_keys();
}

void MapReader::check_keys() {
    const auto names = table_->names();
    for (const Entry& entry : map_->entries) {
        const bool ignored = table_ == &file_keys() && entry.key.starts_with(ignored_key_prefix);
        if (ignored || table_->find(entry.key)) continue;
        std::string advice = base::did_you_mean(entry.key, names);
        if (advice.empty()) advice = fmt::format("; expected {}", fmt::join(names, ", "));
        errors_->add(*source_, entry.key_offset,
                     fmt::format("unknown key '{}' of {}{}", base::one_line(entry.key, 60),
                                 table_->what, advice));
    }
    for (const Key& key : table_->keys) {
        if (key.required && !has(key.name))
            fail_map(fmt::format("{} needs the key '{}'", table_->what, key.name));
    }
    for (const auto& keys : table_->one_of) {
        if (std::none_of(keys.begin(), keys.end(), [&](std::string_view key) { return has(key); }))
            fail_map(fmt::format("{} needs the key '{}'", table_->what, fmt::join(keys, "' or '")));
    }
}

const Node* MapReader::value(std::string_view key) const {
    const Entry* entry = map_->find(key);
    const bool wrong = std::find(wrong_.begin(), wrong_.end(), key) != wrong_.end();
    return entry && !wrong ? entry->value : nullptr;
}

void MapReader::fail_at(std::string_view key, std::size_t offset, std::string message) {
    wrong_.push_back(table_->find(key)->name);
    errors_->add(*source_, offset, std::move(message));
}

void MapReader::fail(std::string_view key, std::string message, std::size_t index) {
    const Node* node = value(key);
    if (!node) return;
    fail_at(key, offset_of_part(*source_, node->offset, node->text, index), std::move(message));
}

void MapReader::fail_item(std::string_view key, std::size_t item, std::string message) {
    const Node* node = value(key);
    if (!node) return;
    const bool listed = node->kind == Node::Kind::list && item < node->items.size();
    fail_at(key, listed ? node->items[item]->offset : node->offset, std::move(message));
}

void MapReader::fail_map(std::string message) {
    errors_->add(*source_, offset_, std::move(message));
}

const Node* MapReader::value_of_kind(std::string_view key, Node::Kind kind,
                                     std::string_view expected) {
    AGENTCRON_CHECK(table_->find(key), "key {} is in no table", key);
    const Node* node = value(key);
    if (!node || node->kind == kind) return node;
    fail(key, fmt::format("expected {}, found {}", expected, describe(*node)));
    return nullptr;
}

void MapReader::read(std::string_view key, std::string& target) {
    const Node* present = value(key);
    if (present && is_bracketed(*source_, *present)) {
        fail(key, fmt::format("expected text, found {}; a text that begins with '{}' needs quotes",
                              describe(*present), source_->text()[present->offset]));
        return;
    }
    const Node* node = value_of_kind(key, Node::Kind::text, "text");
    if (!node) return;
    const auto& choices = table_->find(key)->choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), node->text) != choices.end()) {
        target = node->text;
        return;
    }
    fail(key, unknown_choice(key, *node, choices));
}

void MapReader::read(std::string_view key, bool& target) {
    constexpr std::string_view expected = "true or false";
    const Node* node = value_of_kind(key, Node::Kind::text, expected);
    if (!node) return;
    if (const auto found = as_boolean(*node)) {
        target = *found;
    } else {
        fail(key, fmt::format("expected {}, found {}", expected, describe(*node)));
    }
}

void MapReader::read(std::string_view key, int& target) {
    const Key& known = *table_->find(key);
    const std::string expected = fmt::format("a number from {} to {}", *known.low, *known.high);
    const Node* node = value_of_kind(key, Node::Kind::text, expected);
    if (!node) return;
    const auto number = as_integer(*node);
    if (number && *number >= *known.low && *number <= *known.high) {
        target = static_cast<int>(*number);
    } else {
        fail(key, fmt::format("expected {}, found {}", expected, describe(*node)));
    }
}

void MapReader::read(std::string_view key, std::optional<int>& target) {
    if (!value(key)) return;
    int number = target.value_or(0);
    read(key, number);
    if (value(key)) target = number;
}

void MapReader::read(std::string_view key, std::optional<std::int64_t>& target) {
    const Key& known = *table_->find(key);
    const std::string expected = fmt::format("a number from {} to {}", *known.low, *known.high);
    const Node* node = value_of_kind(key, Node::Kind::text, expected);
    if (!node) return;
    const auto number = as_integer(*node);
    if (number && *number >= *known.low && *number <= *known.high)
        target = *number;
    else
        fail(key, fmt::format("expected {}, found {}", expected, describe(*node)));
}

void MapReader::read(std::string_view key, std::optional<double>& target) {
    const std::string expected =
        fmt::format("a number above 0, at most {}", *table_->find(key)->high);
    const Node* node = value_of_kind(key, Node::Kind::text, expected);
    if (!node) return;
    double number = 0;
    const auto* end = node->text.data() + node->text.size();
    const auto read = std::from_chars(node->text.data(), end, number);
    const bool is_number = read.ec == std::errc() && read.ptr == end && node->plain;
    if (is_number && number > 0 && number <= static_cast<double>(*table_->find(key)->high))
        target = number;
    else
        fail(key, fmt::format("expected {}, found {}", expected, describe(*node)));
}

void MapReader::read(std::string_view key, base::Seconds& target) {
    const Node* node = value_of_kind(key, Node::Kind::text, "a duration like 45m");
    if (!node) return;
    if (const auto duration = base::parse_duration(node->text)) {
        target = *duration;
    } else {
        fail(key, duration.error());
    }
}

void MapReader::read_size(std::string_view key, std::uint64_t& bytes) {
    const Node* node = value_of_kind(key, Node::Kind::text, "a size like 256M");
    if (!node) return;
    if (const auto size = parse_size(node->text)) {
        bytes = *size;
    } else {
        fail(key, size.error());
    }
}

void MapReader::read(std::string_view key, std::vector<std::string>& target) {
    const Node* present = value(key);
    if (present && present->kind == Node::Kind::text) {
        const std::string words = as_words(present->text);
        fail(key, fmt::format("expected a list, found {}{}", describe(*present),
                              words.empty() ? "" : fmt::format("; write [{}]", words)));
        return;
    }
    const Node* node = value_of_kind(key, Node::Kind::list, "a list");
    if (!node) return;
    const auto& choices = table_->find(key)->choices;
    std::vector<std::string> texts;
    for (const Node* item : node->items) {
        if (item->kind != Node::Kind::text) {
            fail_at(key, item->offset, fmt::format("expected text, found {}", describe(*item)));
            return;
        }
        if (!choices.empty() &&
            std::find(choices.begin(), choices.end(), item->text) == choices.end()) {
            fail_at(key, item->offset, unknown_choice(key, *item, choices));
            return;
        }
        texts.push_back(item->text);
    }
    target = std::move(texts);
}

void MapReader::read(std::string_view key, std::vector<int>& target) {
    const Node* node = value(key);
    if (!node) return;
    const Key& known = *table_->find(key);
    const bool is_list = node->kind == Node::Kind::list;
    std::vector<int> numbers;
    for (const Node* item : is_list ? node->items : std::vector<const Node*>{node}) {
        const auto number = item->kind == Node::Kind::text ? as_integer(*item) : std::nullopt;
        if (!number || *number < *known.low || *number > *known.high) {
            fail_at(key, item->offset,
                    fmt::format("expected a number from {} to {}{}, found {}", *known.low,
                                *known.high, is_list ? "" : ", or a list of such",
                                describe(*item)));
            return;
        }
        numbers.push_back(static_cast<int>(*number));
    }
    target = std::move(numbers);
}

void MapReader::read(std::string_view key, std::vector<base::Seconds>& target) {
    const Node* node = value_of_kind(key, Node::Kind::list, "a list of durations like [1h, 1d]");
    if (!node) return;
    std::vector<base::Seconds> durations;
    for (const Node* item : node->items) {
        const auto duration = base::parse_duration(item->text);
        if (item->kind == Node::Kind::text && duration) {
            durations.push_back(*duration);
            continue;
        }
        return fail_at(
            key, item->offset,
            item->kind == Node::Kind::text
                ? duration.error()
                : fmt::format("expected a duration like 45m, found {}", describe(*item)));
    }
    target = std::move(durations);
}

void MapReader::read(std::string_view key,
                     std::vector<std::pair<std::string, std::string>>& target) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const Entry& entry : entries(key)) {
        if (entry.value->kind != Node::Kind::text) {
            fail_at(key, entry.value->offset,
                    fmt::format("expected text as the value of '{}', found {}; an empty text is "
                                "written \"\"",
                                base::one_line(entry.key, 60), describe(*entry.value)));
            return;
        }
        pairs.emplace_back(entry.key, entry.value->text);
    }
    target = std::move(pairs);
}

const std::vector<Entry>& MapReader::entries(std::string_view key) {
    const Node* present = value(key);
    if (!present || present->kind == Node::Kind::null) return empty_map.entries;
    const Node* node = value_of_kind(key, Node::Kind::map, "a map");
    return node ? node->entries : empty_map.entries;
}

std::optional<MapReader> MapReader::object(std::string_view key) {
    const Node* node = value(key);
    if (!node) return std::nullopt;
    return MapReader(*source_, *errors_, *table_->find(key)->table, *node,
                     map_->find(key)->key_offset);
}

std::vector<MapReader> MapReader::objects(std::string_view key) {
    std::vector<MapReader> readers;
    const Node* node = value_of_kind(key, Node::Kind::list, "a list");
    if (!node) return readers;
    for (const Node* item : node->items)
        readers.push_back(
            MapReader(*source_, *errors_, *table_->find(key)->table, *item, item->offset));
    return readers;
}

} // namespace agentcron::config
