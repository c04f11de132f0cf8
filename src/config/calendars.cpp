#include "config/calendars.hpp"

#include "base/text.hpp"
#include "schedule/exclusions.hpp"
#include "schedule/validate.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::config {
namespace {

// Of what `exclude` holds, dates start with a digit and names of calendars do not.
bool is_date(std::string_view text) {
    return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

std::vector<std::string> read_days(const Node& list, OpenFile& file) {
    std::vector<std::string> days;
    const auto fail = [&](const Node& node, std::string message) {
        file.errors.add(file.source, node.offset, std::move(message));
    };
    if (list.kind == Node::Kind::null) return days;
    if (list.kind != Node::Kind::list) {
        fail(list, fmt::format("expected a list of dates, found {}", describe(list)));
        return days;
    }
    for (const Node* day : list.items) {
        if (day->kind != Node::Kind::text) {
            fail(*day, fmt::format("expected a date, found {}", describe(*day)));
        } else if (const auto range = schedule::parse_days(day->text); !range) {
            fail(*day, range.error());
        } else {
            days.push_back(day->text);
        }
    }
    return days;
}

} // namespace

void Calendars::read(OpenFile& file) {
    for (const Entry& entry : file.top.entries("calendars")) {
        if (!schedule::is_name(entry.key) || is_date(entry.key))
            file.errors.add(file.source, entry.key_offset,
                            fmt::format("'{}' cannot be a calendar's name; expected 1 to 100 "
                                        "letters, digits, '.', '_' or '-', a letter first",
                                        base::one_line(entry.key, 120)));
        declared_.declare("calendar", entry.key, file, entry.key_offset);
        days_.emplace(entry.key, read_days(*entry.value, file));
    }
}

std::vector<std::string> Calendars::excluded(MapReader& schedule, bool all_known) const {
    std::vector<std::string> written, days;
    schedule.read("exclude", written);
    for (std::size_t i = 0; i < written.size(); ++i) {
        const std::string& text = written[i];
        if (is_date(text)) {
            if (const auto range = schedule::parse_days(text); !range)
                schedule.fail_item("exclude", i, range.error());
            else
                days.push_back(text);
        } else if (const auto found = days_.find(text); found != days_.end()) {
            days.insert(days.end(), found->second.begin(), found->second.end());
        } else if (all_known) {
            const std::string advice = base::did_you_mean(text, declared_.names());
            schedule.fail_item("exclude", i,
                               fmt::format("'{}' is neither a date such as 2026-12-25 nor a "
                                           "calendar{}",
                                           base::one_line(text, 60), advice));
        }
    }
    return days;
}

} // namespace agentcron::config
