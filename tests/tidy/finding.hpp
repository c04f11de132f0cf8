// What the tidy rules read and say. A rule is a pure function from files to findings, so each has a
// test with an example it must catch; tree_test.cpp applies them all to this repository.
#pragma once

#include <string>
#include <vector>

namespace agentcron::tidy {

struct SourceFile {
    std::string path; // from the top of the tree, with '/'
    std::string text;
};

struct Finding {
    std::string path;
    int line = 0;       // 0: the whole file
    std::string advice; // what is wrong and what to do
};

using Findings = std::vector<Finding>;

} // namespace agentcron::tidy
