// What is declared in jsonb columns: context, success, budget, notify and steps of
// agentcron.schedules.
// People write them by SQL too, so any JSON may come.
#pragma once

#include "schedule/schedule.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace agentcron::db {

// Members that have their default are left out.
boost::json::object to_json(const std::vector<std::pair<std::string, std::string>>& context);
boost::json::object to_json(const schedule::Success& success);
boost::json::object to_json(const schedule::Notify& notify);
// The column `budget`: a task's, and below "per_day" that of a day.
boost::json::object to_json(const schedule::Budget& budget, const schedule::Budget& per_day);
boost::json::array to_json(const std::vector<schedule::Step>& steps);

// Each reads a column's text over the defaults. The result says in a sentence what is wrong with
// its shape, "" = nothing; the rules of schedule/validate come on top.
std::string read_context(std::string_view json,
                         std::vector<std::pair<std::string, std::string>>& context);
std::string read_success(std::string_view json, schedule::Success& success);
std::string read_notify(std::string_view json, schedule::Notify& notify);
std::string read_budget(std::string_view json, schedule::Budget& budget, schedule::Budget& per_day);
std::string read_steps(std::string_view json, std::vector<schedule::Step>& steps);

} // namespace agentcron::db
