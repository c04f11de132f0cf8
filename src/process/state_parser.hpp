// Reads the texts that state_text.hpp writes.
#pragma once

#include "base/result.hpp"
#include "process/state_text.hpp"

#include <map>
#include <string>
#include <string_view>

namespace agentcron::process {

// The values of one text by their keys; absent keys read as zero or empty.
class StateValues {
public:
    bool has(std::string_view key) const { return values_.contains(key); }
    std::string text(std::string_view key) const;
    std::int64_t number(std::string_view key) const;
    std::uint64_t count(std::string_view key) const;

private:
    friend base::Result<StateValues, std::string> parse_state(std::string_view, std::string_view);
    std::map<std::string, std::string, std::less<>> values_;
};

// `kind` is the first word, "agentcron-exit" or "agentcron-meta"; its version is the value of that
// key. The error says why the text is not whole or of another kind.
base::Result<StateValues, std::string> parse_state(std::string_view text, std::string_view kind);

base::Result<MetaText, std::string> parse_meta(std::string_view text);

} // namespace agentcron::process
