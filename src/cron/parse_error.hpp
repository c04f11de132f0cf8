// The cold half of parse(): turns a located mistake into words and a rewrite.
#pragma once

#include "cron/fault.hpp"

namespace agentcron::cron {

// `pattern` is the text as given to parse(); fault.text points into it.
ParseError explain_fault(std::string_view pattern, Fault fault);

// What to write in place of fault.text; empty if nothing sensible can be proposed. A result that
// starts with `@` replaces the whole pattern. Not checked: explain_fault() tries it.
std::string propose_rewrite(const Fault& fault);

// parse() without the words, into a fresh expression. False: fault is filled.
bool parse_into(std::string_view pattern, const ParseOptions& options, Expression& out,
                Fault& fault);

} // namespace agentcron::cron
