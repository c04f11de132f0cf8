// Reads a launch spec in place. Used by the shim, so no C++ library; the launcher's side is
// spec_writer.hpp.
#pragma once

#include "process/wire.hpp"

namespace agentcron::process {

// Where things stand in a spec's strings; the pointers are into the caller's bytes.
struct SpecView {
    wire::SpecHeader header{};
    const char* working_directory = nullptr;
    const char* ask_token = nullptr;
    char* first_argument = nullptr; // header.argument_count strings, one behind the other
    char* first_variable = nullptr; // header.environment_count strings
};

// Checks the header, of which `size` bytes were read. 0, or EPROTO if a newer launcher wrote it, or
// EINVAL if it is not a spec. Fields that an older launcher did not write are zero.
int read_spec_header(const void* bytes, std::size_t size, wire::SpecHeader& header);

// Finds the strings; `bytes` holds header.strings_bytes of them. 0 or EINVAL.
int read_spec_strings(char* bytes, const wire::SpecHeader& header, SpecView& view);

// The string behind this one.
char* next_string(char* string);

} // namespace agentcron::process
