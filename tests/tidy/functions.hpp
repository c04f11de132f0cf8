// Finds the functions of a C++ source and how long they are, by matching braces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::tidy {

struct Function {
    std::string name; // of a test case: its sentence
    int line = 0;     // where its head begins
    int lines = 0;    // head to closing brace
};

// Lambdas and local classes count towards the function around them. A heuristic: an unusual head
// may be missed, but no code outside a function is taken for one.
std::vector<Function> functions_of(std::string_view source);

} // namespace agentcron::tidy
