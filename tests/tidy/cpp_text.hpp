// C++ source taken apart just far enough for the rules: which bytes are code, which are comment,
// and what the string literals say. Not a parser; it knows quotes, raw strings and comments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::tidy {

struct Literal {
    int line = 0;
    std::string text; // unescaped only as far as needed: bytes between the quotes
};

struct CppText {
    // Both as long as the source, newlines kept; what does not belong is blanked.
    std::string code;              // comments and the insides of literals are spaces
    std::string unquoted;          // only the insides of literals are spaces
    std::vector<Literal> literals; // neighbours that the compiler would join are joined
};

CppText scan_cpp(std::string_view source);

std::vector<std::string_view> lines_of(std::string_view text);

// The 1-based line of a byte offset.
int line_at(std::string_view text, std::size_t offset);

bool is_identifier_character(char c);

} // namespace agentcron::tidy
