#include "config/yaml_tree.hpp"

#include "config/scalar_position.hpp"
#include "config/yaml_mistakes.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>
#include <sstream>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace agentcron::config {
namespace {

constexpr std::string_view core_tags = "tag:yaml.org,2002:";

// Leaves yaml-cpp's parser from inside a handler; caught by parse_yaml.
struct Refused {
    std::size_t offset;
    std::string message;
};

class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(const Source& source, ErrorList& errors) : source_(source), errors_(errors) {}
    Tree take() { return std::move(tree_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            throw Refused{offset_of(mark), "a second YAML document starts here; expected one per "
                                           "file: remove '---' or use another file"};
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Node& node = make(Node::Kind::null, mark, anchor);
        // An absent value is marked at the next token, which may stand lines below.
        if (!open_.empty() && open_.back().key) node.offset = open_.back().key->key_offset;
        place(node);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end() || is_open(*found->second)) {
            throw Refused{offset_of(mark), "this alias stands inside the value that it names"};
        }
        count(offset_of(mark));
        place(*found->second);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        check_tag(tag, mark);
        Node& node = make(Node::Kind::text, mark, anchor);
        node.offset = content_offset(source_, node.offset);
        node.plain = tag == "?";
        node.text = value;
        if (node.text.find('\0') != std::string::npos)
            throw Refused{node.offset, "this value holds a NUL character; expected text"};
        if (!node.plain && is_unterminated(source_, node.offset))
            throw Refused{node.offset, "this quote is never closed"};
        place(node);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(Node::Kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(Node::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override {
        merge(open_.back());
        close();
    }

private:
    struct Open {
        Node* node = nullptr;
        std::optional<Entry> key; // of a map: the key whose value comes next
        std::unordered_map<std::string, std::size_t> keys; // where each stands
        std::vector<Entry> merges;
    };

    static std::size_t offset_of(const YAML::Mark& mark) {
        return static_cast<std::size_t>(std::max(mark.pos, 0));
    }

    void count(std::size_t offset) {
        if (++nodes_ > nodes_max)
            throw Refused{offset, fmt::format("the file holds more than {} values", nodes_max)};
    }

    void check_tag(const std::string& tag, const YAML::Mark& mark) const {
        if (tag.empty() || tag == "?" || tag == "!") return;
        if (tag == std::string(core_tags) + "str") return;
        throw Refused{offset_of(mark),
                      fmt::format("the tag '{}' is not supported; expected none, or '!!str'", tag)};
    }

    Node& make(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
        count(offset_of(mark));
        Node& node = tree_.store.emplace_back();
        node.kind = kind;
        node.offset = offset_of(mark);
        if (anchor != 0) anchors_[anchor] = &node;
        return node;
    }

    bool is_open(const Node& node) const {
        return std::any_of(open_.begin(), open_.end(),
                           [&](const Open& open) { return open.node == &node; });
    }

    void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
        if (tag != std::string(core_tags) + (kind == Node::Kind::map ? "map" : "seq"))
            check_tag(tag, mark);
        if (open_.size() >= static_cast<std::size_t>(depth_max)) {
            throw Refused{offset_of(mark), fmt::format("nested deeper than {} levels", depth_max)};
        }
        Node& node = make(kind, mark, anchor);
        open_.push_back({&node, std::nullopt, {}, {}});
    }

    void close() {
        const Node& done = *open_.back().node;
        open_.pop_back();
        place(done);
    }

    // `prompt: {{name}}` is a map whose key is a map.
    std::string not_a_key(const Node& value) const {
        const bool template_value =
            value.offset > 0 && source_.text().compare(value.offset - 1, 2, "{{") == 0;
        return template_value ? "a text that begins with '{{' needs quotes"
                              : "expected text as a key";
    }

    // Gives a finished value to whatever is open around it.
    void place(const Node& value) {
        if (open_.empty()) {
            tree_.root = &value;
        } else if (Open& top = open_.back(); top.node->kind == Node::Kind::list) {
            top.node->items.push_back(&value);
        } else if (!top.key) {
            if (value.kind != Node::Kind::text) throw Refused{value.offset, not_a_key(value)};
            top.key = Entry{value.text, value.offset, nullptr};
        } else {
            add_entry(top, value);
        }
    }

    void add_entry(Open& top, const Node& value) {
        Entry entry = *std::exchange(top.key, std::nullopt);
        entry.value = &value;
        if (entry.key == "<<") {
            top.merges.push_back(std::move(entry));
            return;
        }
        const auto [first, is_new] = top.keys.emplace(entry.key, entry.key_offset);
        if (is_new) {
            top.node->entries.push_back(std::move(entry));
        } else {
            errors_.add(source_, entry.key_offset,
                        fmt::format("duplicate key '{}'; it already stands at line {}", entry.key,
                                    source_.line_number(first->second)));
        }
    }

    // `<<: *base` or `<<: [*a, *b]`: keys that the map lacks, the first source wins (YAML's merge
    // type). Copies count as nodes: merging merged maps could otherwise grow without bound.
    void merge(Open& top) {
        for (const Entry& merged : top.merges) {
            const std::vector<const Node*> one{merged.value};
            const bool is_list = merged.value->kind == Node::Kind::list;
            for (const Node* from : is_list ? merged.value->items : one) {
                if (from->kind != Node::Kind::map)
                    throw Refused{merged.key_offset, "expected a map after '<<:', as in "
                                                     "'<<: *name'"};
                for (const Entry& entry : from->entries) {
                    count(merged.key_offset);
                    if (top.keys.emplace(entry.key, entry.key_offset).second)
                        top.node->entries.push_back(entry);
                }
            }
        }
    }

    const Source& source_;
    ErrorList& errors_;
    Tree tree_;
    std::vector<Open> open_;
    std::unordered_map<YAML::anchor_t, const Node*> anchors_;
    std::size_t nodes_ = 0;
    int documents_ = 0;
};

// Encodings are settled before yaml-cpp sees a byte: it would guess UTF-16 and replace bad bytes.
bool is_text(const Source& source, ErrorList& errors) {
    if (const std::size_t bad = find_invalid_utf8(source.text()); bad != std::string::npos) {
        errors.add(source, bad, "this byte is not UTF-8; save the file as UTF-8");
        return false;
    }
    if (const std::size_t nul = source.text().find('\0'); nul != std::string::npos) {
        errors.add(source, nul, "this is a NUL byte; expected a text file in UTF-8");
        return false;
    }
    return true;
}

} // namespace

const Entry* Node::find(std::string_view key) const {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const Entry& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

std::optional<Tree> parse_yaml(const Source& source, ErrorList& errors) {
    if (!is_text(source, errors)) return std::nullopt;
    TreeBuilder builder(source, errors);
    try {
        std::istringstream stream(source.text());
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take();
    } catch (const Refused& refused) {
        errors.add(source, refused.offset, refused.message);
    } catch (const YAML::Exception& exception) {
        const auto offset = static_cast<std::size_t>(std::max(exception.mark.pos, 0));
        const Mistake mistake = explain_mistake(source, offset, exception.msg);
        errors.add(source, mistake.offset, mistake.message);
    }
    return std::nullopt;
}

} // namespace agentcron::config
