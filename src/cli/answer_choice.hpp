// What a person's words mean for a question that offers options. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::cli {

struct AnswerOption {
    std::string value;
    std::string label;       // "" = none
    std::string description; // "" = none
};

// questions.options: an array of objects with value, label and description, or of plain strings.
// Anything else in it is left out.
std::vector<AnswerOption> options_from(std::string_view json);

// The options as a numbered list, the default one marked; a line each, indented.
std::string options_text(const std::vector<AnswerOption>& options, std::string_view default_value);

// The answer to send: the text if it is an option's value; else the value of the one option whose
// label it is (ASCII letters without case); else of the option with that number, from 1. Other text
// is sent as it is, but a question of kind choice or approve takes only its options: then nullopt.
std::optional<std::string> choose_answer(std::string_view text, std::string_view kind,
                                         const std::vector<AnswerOption>& options);

} // namespace agentcron::cli
