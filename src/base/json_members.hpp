// Reads the members of a JSON object into values that already hold their defaults: an absent member
// or null leaves them, a wrong one is remembered as the first error. Unknown members are ignored,
// so that a newer version's rows can be read.
#pragma once

#include "base/clock.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentcron::base {

class JsonMembers {
public:
    // `path` goes before each key in error messages, e.g. "retry.". Both outlive this object.
    JsonMembers(const boost::json::object& object, std::string_view path = "")
        : object_(object), path_(path) {}

    void read(std::string_view key, std::string& out);
    void read(std::string_view key, boost::json::object& out);
    void read(std::string_view key, Seconds& out);       // whole seconds, 0 to duration_max
    void read(std::string_view key, int& out);           // from 1
    void read(std::string_view key, std::uint64_t& out); // from 0
    void read(std::string_view key, std::optional<std::int64_t>& out); // from 1
    void read(std::string_view key, std::optional<double>& out);       // above 0
    void read(std::string_view key, bool& out);
    void read(std::string_view key, std::vector<int>& out); // whole numbers from 0
    void read(std::string_view key, std::vector<std::string>& out);
    // An object whose values are strings, in its order.
    void read(std::string_view key, std::vector<std::pair<std::string, std::string>>& out);

    const std::string& error() const { return error_; } // "" = none so far

private:
    const boost::json::value* find(std::string_view key) const;
    std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high,
                                        std::string_view expected);
    void fail(std::string_view key, std::string_view expected);

    const boost::json::object& object_;
    std::string_view path_;
    std::string error_;
};

} // namespace agentcron::base
