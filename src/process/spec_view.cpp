#include "process/spec_view.hpp"

#include <cerrno>
#include <cstring>

namespace agentcron::process {
namespace {

// Steps over `count` strings; null if the bytes end before them.
char* skip_strings(char* at, const char* end, std::uint64_t count) {
    for (; count > 0; --count) {
        void* nul = std::memchr(at, '\0', static_cast<std::size_t>(end - at));
        if (nul == nullptr) return nullptr;
        at = static_cast<char*>(nul) + 1;
    }
    return at;
}

} // namespace

int read_spec_header(const void* bytes, std::size_t size, wire::SpecHeader& header) {
    constexpr std::size_t fixed = offsetof(wire::SpecHeader, deadline_ms);
    if (size < fixed) return EINVAL;
    header = wire::SpecHeader{};
    std::memcpy(&header, bytes, fixed);
    if (std::memcmp(header.magic, wire::spec_magic, sizeof header.magic) != 0) return EINVAL;
    if (header.version == 0 || header.version > wire::protocol_version) return EPROTO;
    if (header.header_bytes < fixed || header.header_bytes > sizeof header) return EINVAL;
    if (header.header_bytes > size) return EINVAL;
    std::memcpy(&header, bytes, header.header_bytes);
    if (header.argument_count == 0 || header.strings_bytes > wire::strings_bytes_max) return EINVAL;
    return 0;
}

int read_spec_strings(char* bytes, const wire::SpecHeader& header, SpecView& view) {
    const char* end = bytes + header.strings_bytes;
    view.header = header;
    view.working_directory = bytes;
    char* token = skip_strings(bytes, end, 1);
    if (token == nullptr) return EINVAL;
    view.ask_token = token;
    view.first_argument = skip_strings(token, end, 1);
    if (view.first_argument == nullptr) return EINVAL;
    view.first_variable = skip_strings(view.first_argument, end, header.argument_count);
    if (view.first_variable == nullptr) return EINVAL;
    const char* after = skip_strings(view.first_variable, end, header.environment_count);
    return after == end ? 0 : EINVAL;
}

char* next_string(char* string) {
    return string + std::strlen(string) + 1;
}

} // namespace agentcron::process
