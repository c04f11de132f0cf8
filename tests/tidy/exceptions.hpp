// What does not keep the rules yet. Both lists may only shrink: the numbers are exact, so growing
// is a finding, and so is shrinking without lowering the number or removing the entry.
#pragma once

#include "tidy/finding.hpp"

#include <string_view>

namespace agentcron::tidy {

// A file or function that is longer than the rule.
struct SizeException {
    std::string path;
    std::string function; // empty: the file itself
    int lines = 0;
};

// A file with so many findings of one rule.
struct RuleException {
    std::string rule; // as tree_test.cpp names it
    std::string path;
    int findings = 0;
};

const std::vector<SizeException>& size_exceptions();
const std::vector<RuleException>& rule_exceptions();

// The findings of one rule without those that are excepted, and with one for each exception whose
// number is no longer true.
Findings without_excepted(std::string_view rule, const Findings& findings,
                          const std::vector<RuleException>& exceptions);

} // namespace agentcron::tidy
