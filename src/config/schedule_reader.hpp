// Reads what stands below one schedule or step, and reports a broken rule of schedule/validate
// where its value is written.
#pragma once

#include "config/map_reader.hpp"
#include "schedule/schedule.hpp"
#include "schedule/validate.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace agentcron::config {

struct OpenFile;

// A schedule's or a step's map, and the maps below it that several fields stand in.
struct ExecutionReader {
    explicit ExecutionReader(MapReader reader) : top(std::move(reader)) {}

    // Reads everything that a schedule and a step say alike. `outer` are the parameters that the
    // prompt knows beside its own; nullptr: not known. nullopt: its own are wrong.
    std::optional<boost::json::object> read(OpenFile& file, const boost::json::object* outer,
                                            schedule::Execution& execution);
    void check_templates(OpenFile& file, const boost::json::object& params,
                         const schedule::Execution& execution);

    MapReader top;
    std::optional<MapReader> retry{};
    std::optional<MapReader> success{};
};

struct ScheduleReader {
    explicit ScheduleReader(MapReader reader) : own(std::move(reader)) {}

    void read(OpenFile& file, std::string_view home, schedule::Schedule& schedule);
    // Of every kind but the name of the schedule, which is no value.
    void report(const schedule::Problem& problem);

    ExecutionReader own;
    std::vector<ExecutionReader> steps{};
    std::optional<MapReader> concurrency{};
    std::optional<MapReader> notify{};
    std::optional<MapReader> escalate{};

private:
    void read_notify(OpenFile& file, std::string_view home, schedule::Schedule& schedule);
    void read_steps(OpenFile& file, const boost::json::object* params,
                    schedule::Schedule& schedule);
};

} // namespace agentcron::config
