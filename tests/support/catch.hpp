// Catch2 2 (Debian 12) and 3 (Debian 13) name their headers and matchers differently; tests include
// only this, and use the names of Catch2 2.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

namespace Catch {
using Matchers::EndsWith;
using Matchers::StartsWith;
inline auto Contains(const std::string& part, CaseSensitive sensitive = CaseSensitive::Yes) {
    return Matchers::ContainsSubstring(part, sensitive);
}
} // namespace Catch
#else
#include <catch2/catch.hpp>
#endif
