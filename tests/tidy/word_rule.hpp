// Words and comments that do not belong in the tree.
#pragma once

#include "tidy/finding.hpp"

namespace agentcron::tidy {

// Notes to do something later; they belong into an issue, or are done now.
Findings check_notes(const SourceFile& file);

// Sleeping in C++: code waits on an event with a timeout, tests too.
Findings check_sleeps(const SourceFile& file);

// Comments that are a ruler; a file that needs chapters is two files.
Findings check_banners(const SourceFile& file);

} // namespace agentcron::tidy
