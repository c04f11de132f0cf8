// Where files stand and what they are called.
#pragma once

#include "tidy/finding.hpp"

#include <string_view>

namespace agentcron::tidy {

// `entries`: names at the top of the tree. Hidden ones and build folders are passed over.
Findings check_top_level(const std::vector<std::string>& entries);

// tests/unit/<folder>/<file>_test.cpp tests src/<folder>/<file>, or the family <file>_*; a test may
// be of one aspect: <file>_<aspect>_test.cpp. A folder as a whole has properties_test.cpp,
// mutation_test.cpp, replay_test.cpp. `paths`: all files of src/ and tests/unit/.
Findings check_unit_tests(const std::vector<std::string>& paths);

// `paths`: all files of migrations/. They are 0001_name.sql, 0002_name.sql and so on, no gap.
Findings check_migrations(const std::vector<std::string>& paths);

// The map names every folder of src/ as `folder/`. `paths`: all files of src/.
Findings check_map(std::string_view map, const std::vector<std::string>& paths);

} // namespace agentcron::tidy
