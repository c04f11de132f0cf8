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

// What a question asks that is more than one choice, a line each, indented: questions.items with
// their options, the fields of questions.schema with what they take. "" = nothing.
std::string items_text(std::string_view json);
std::string fields_text(std::string_view schema);

// The answer to send: the text if it is an option's value; else the value of the one option whose
// label it is (ASCII letters without case); else of the option with that number, from 1. Other text
// is sent as it is, but a question of kind choice or approve takes only its options: then nullopt.
// One that offers to allow something takes every clear decision (agent::decision_from).
std::optional<std::string> choose_answer(std::string_view text, std::string_view kind,
                                         const std::vector<AnswerOption>& options);

} // namespace agentcron::cli
