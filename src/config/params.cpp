#include "config/params.hpp"

#include "base/text.hpp"
#include "config/map_reader.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <utility>

namespace agentcron::config {
namespace {

namespace json = boost::json;

// Leaves the conversion from any depth; caught by params_to_json.
struct Refused {
    std::size_t offset;
    std::string message;
};

bool is_param_name(std::string_view text) {
    constexpr std::size_t name_bytes_max = 100;
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !text.empty() && text.size() <= name_bytes_max && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

bool looks_like_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
}

class Converter {
public:
    json::value convert(const Node& node, int depth) {
        if (++values_ > params_values_max)
            throw Refused{node.offset,
                          fmt::format("params hold more than {} values", params_values_max)};
        if (depth > depth_max)
            throw Refused{node.offset, fmt::format("nested deeper than {} levels", depth_max)};
        switch (node.kind) {
        case Node::Kind::null: return nullptr;
        case Node::Kind::text: return convert_text(node);
        case Node::Kind::list: {
            json::array array;
            for (const Node* item : node.items) array.push_back(convert(*item, depth + 1));
            return array;
        }
        case Node::Kind::map: {
            json::object object;
            for (const Entry& entry : node.entries)
                object[entry.key] = convert(*entry.value, depth + 1);
            return object;
        }
        }
        return nullptr;
    }

private:
    static json::value convert_text(const Node& node) {
        if (const auto truth = as_boolean(node)) return *truth;
        if (node.plain && looks_like_number(node.text)) {
            json::error_code error;
            json::value number = json::parse(node.text, error);
            // A longer fraction would be rounded to a double; as text it keeps its digits.
            constexpr std::size_t exact_digits = 15;
            if (!error && (!number.is_double() || node.text.size() <= exact_digits)) return number;
        }
        return json::value(node.text);
    }

    std::size_t values_ = 0;
};

} // namespace

std::optional<json::object> params_to_json(const std::vector<Entry>& params, const Source& source,
                                           ErrorList& errors) {
    json::object object;
    Converter converter;
    bool good = true;
    try {
        for (const Entry& entry : params) {
            if (!is_param_name(entry.key)) {
                errors.add(source, entry.key_offset,
                           fmt::format("'{}' cannot be the name of a parameter; expected letters, "
                                       "digits, '_' and '-', no digit first",
                                       base::one_line(entry.key, 60)));
                good = false;
            }
            object[entry.key] = converter.convert(*entry.value, 1);
        }
    } catch (const Refused& refused) {
        errors.add(source, refused.offset, refused.message);
        return std::nullopt;
    }
    if (!good) return std::nullopt;
    return object;
}

} // namespace agentcron::config
