// The little that the shim does with JSON text: it never parses it. No C++ library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace agentcron::process {

// Longest text that `write_with_id` adds: `,"id":"18446744073709551615"`.
inline constexpr std::size_t id_text_bytes_max = 32;

// Writes the JSON object `json` to `out` with a last member "id", a string of the decimal number.
// Last, because where a name comes twice readers take the last one: an asker cannot choose its id.
// Returns the size, or 0 if the text does not look like an object or `out` is too small.
std::size_t write_with_id(const char* json, std::size_t size, std::uint64_t id, char* out,
                          std::size_t capacity);

} // namespace agentcron::process
