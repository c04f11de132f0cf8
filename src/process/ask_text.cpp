#include "process/ask_text.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace agentcron::process {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

} // namespace

std::size_t write_with_id(const char* json, std::size_t size, std::uint64_t id, char* out,
                          std::size_t capacity) {
    while (size > 0 && is_space(json[size - 1])) --size;
    while (size > 0 && is_space(*json)) ++json, --size;
    if (size < 2 || json[0] != '{' || json[size - 1] != '}') return 0;
    std::size_t body = size - 1; // without the closing brace
    while (is_space(json[body - 1])) --body;
    const char* comma = body == 1 ? "" : ",";
    char member[id_text_bytes_max + 1];
    const int added = std::snprintf(member, sizeof member, "%s\"id\":\"%" PRIu64 "\"}", comma, id);
    if (body + static_cast<std::size_t>(added) > capacity) return 0;
    std::memcpy(out, json, body);
    std::memcpy(out + body, member, static_cast<std::size_t>(added));
    return body + static_cast<std::size_t>(added);
}

} // namespace agentcron::process
