// The small rules that fields of several kinds share. Each adds a Problem where it is broken.
// Internal to schedule/.
#pragma once

#include "schedule/validate.hpp"

#include <span>

namespace agentcron::schedule {

using Problems = std::vector<Problem>;

void check_name(std::string_view field, std::string_view value, Problems& problems);
void check_number(std::string_view field, int value, int low, int high, Problems& problems);
void check_duration(std::string_view field, base::Seconds value, Problems& problems);
void check_count(std::string_view field, std::size_t count, std::size_t most, Problems& problems);
void check_exit_codes(std::string_view field, std::string_view member,
                      const std::vector<int>& codes, Problems& problems);
void check_choices(std::string_view field, std::string_view member,
                   const std::vector<std::string>& values, std::span<const std::string_view> known,
                   Problems& problems);
// An argv: a program first, nothing with a NUL.
void check_command(std::string_view field, std::string_view member,
                   const std::vector<std::string>& argv, Problems& problems);
// http:// or https:// with a host.
void check_url(std::string_view field, std::string_view member, std::string_view url,
               Problems& problems);

// Of a schedule or a step; the fields are named as the schedule's columns.
void check_execution(const Execution& execution, Problems& problems);
void check_budget(const Budget& budget, Problems& problems);
void check_steps(const Schedule& schedule, Problems& problems);
// Who goes on with one conversation does so alone.
void check_conversation(const Schedule& schedule, Problems& problems);
void check_notify(const Notify& notify, Problems& problems);

} // namespace agentcron::schedule
