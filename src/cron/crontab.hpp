// Reads crontabs of Vixie cron and cronie, so that they can become schedules. Pure: text in,
// entries and notes out; crontab_yaml.hpp writes them down.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentcron::cron {

enum class CrontabForm {
    user,   // minute hour day month weekday command
    system, // the same with a user name in front of the command
};

struct CrontabEntry {
    std::size_t line = 0; // 1-based
    std::string name;     // made from the command; unique among the entries
    std::string cron;     // in our dialect, with the same fire times
    std::string timezone; // of CRON_TZ; empty where there was none
    std::string user;     // system form only
    std::string shell;    // of SHELL, or /bin/sh
    std::string command;  // one shell line; `\%` is already a %
    std::string input;    // what follows the first %, lines ended by newlines; for stdin
    std::vector<std::pair<std::string, std::string>> environment; // in order of appearance
};

// Something the reader of the result must know: what was changed, left out or has no counterpart.
struct CrontabNote {
    std::size_t line = 0; // 1-based
    std::string text;     // a sentence without a full stop
};

struct Crontab {
    std::vector<CrontabEntry> entries;
    std::vector<CrontabNote> notes;
};

Crontab read_crontab(std::string_view text, CrontabForm form);

// The pattern with the meaning that five crontab fields have in Vixie cron, where a day field that
// starts with * must match together with the other one. The notes say what was changed.
std::string pattern_of_crontab(const std::vector<std::string>& fields,
                               std::vector<std::string>& notes);

} // namespace agentcron::cron
