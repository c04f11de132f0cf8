// SQL stands in src/db/sql/ and migrations/ only, never in a string of C++.
#pragma once

#include "tidy/finding.hpp"

#include <string_view>

namespace agentcron::tidy {

// Whether a text is a SQL statement and not a sentence that starts with the same word.
bool looks_like_sql(std::string_view text);

// Looks at the string literals of C++ files in src/.
Findings check_sql(const SourceFile& file);

} // namespace agentcron::tidy
