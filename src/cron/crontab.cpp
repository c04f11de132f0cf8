#include "cron/crontab.hpp"

#include "cron/expression.hpp"
#include "cron/item_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trim(std::string_view text) {
    while (!text.empty() && blanks.find(text.front()) != blanks.npos) text.remove_prefix(1);
    while (!text.empty() && (blanks.find(text.back()) != blanks.npos || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}
std::string take_word(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_of(blanks), text.size());
    std::string word{text.substr(0, end)};
    text = trim(text.substr(end));
    return word;
}
std::string unquoted(std::string_view text) {
    if (text.size() >= 2 && text.front() == text.back() &&
        (text.front() == '"' || text.front() == '\''))
        text = text.substr(1, text.size() - 2);
    return std::string{text};
}

// NAME = value, the name possibly quoted. False: it is not a setting.
bool read_setting(std::string_view line, std::string& name, std::string& value) {
    const std::size_t equals = line.find('=');
    if (equals == line.npos) return false;
    name = unquoted(trim(line.substr(0, equals)));
    value = unquoted(trim(line.substr(equals + 1)));
    const auto is_name_letter = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    };
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
           std::all_of(name.begin(), name.end(), is_name_letter);
}

// Splits at the first % and turns the further ones into newlines; a backslash keeps a %.
void split_input(std::string_view text, std::string& command, std::string& input) {
    std::string* out = &command;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '%') {
            *out += '%';
            ++i;
        } else if (text[i] == '%') {
            if (out == &command)
                out = &input;
            else
                *out += '\n';
        } else {
            *out += text[i];
        }
    }
    if (out == &input && (input.empty() || input.back() != '\n')) input += '\n';
}

// A name for people, from the program that the command starts.
std::string name_of(std::string_view command) {
    std::string_view program = command;
    while (!program.empty()) {
        std::string word = take_word(program);
        // Settings, tests and changes of the directory in front say little.
        if (word.find('=') != word.npos || word == "cd" || word == "test" || word == "[" ||
            word == "exec" || word == "nice" || word == "sudo" || word.starts_with('-'))
            continue;
        const std::size_t slash = word.rfind('/');
        if (slash != word.npos && slash + 1 < word.size()) word = word.substr(slash + 1);
        std::string name;
        for (const char c : word.substr(0, word.find_last_of('.'))) {
            const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
            if (plain)
                name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            else if (!name.empty() && name.back() != '-')
                name += '-';
        }
        while (!name.empty() && name.back() == '-') name.pop_back();
        if (!name.empty()) return name.substr(0, 40);
    }
    return "job";
}

// Reads a crontab line by line; settings hold for the entries after them.
class Reader {
public:
    explicit Reader(CrontabForm form) : form_(form) {}

    Crontab read(std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            ++line_;
            read_line(trim(text.substr(0, end)));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return std::move(crontab_);
    }

private:
    void note(std::string text) { crontab_.notes.push_back({line_, std::move(text)}); }

    void read_line(std::string_view line) {
        std::string name;
        std::string value;
        if (line.empty() || line.front() == '#') return;
        if (read_setting(line, name, value))
            read_environment(name, value);
        else
            read_entry(line);
    }

    void read_environment(const std::string& name, const std::string& value) {
        if (name == "CRON_TZ") {
            timezone_ = value;
        } else if (name == "SHELL") {
            shell_ = value;
        } else if (name == "MAILTO") {
            note(value.empty() ? "MAILTO is empty: no mail was sent: here the output is kept"
                               : fmt::format("mail went to {}: here the output is kept", value));
        } else if (name == "MAILFROM") {
            note("MAILFROM has no counterpart");
        } else if (name == "RANDOM_DELAY") {
            note(fmt::format("RANDOM_DELAY={}: set jitter on the schedules instead", value));
        } else {
            const auto same = [&](const auto& entry) { return entry.first == name; };
            const auto found = std::find_if(environment_.begin(), environment_.end(), same);
            if (found != environment_.end())
                found->second = value;
            else
                environment_.emplace_back(name, value);
        }
    }

    void read_entry(std::string_view rest) {
        CrontabEntry entry;
        entry.line = line_;
        if (rest.front() == '-' && rest.size() > 1 && rest[1] != ' ') {
            rest.remove_prefix(1);
            note("the leading - (do not log) has no counterpart");
        }
        std::vector<std::string> fields;
        for (std::size_t count = rest.front() == '@' ? 1 : 5; count > 0; --count)
            fields.push_back(take_word(rest));
        if (form_ == CrontabForm::system) entry.user = take_word(rest);
        if (rest.empty()) return note("left out: the line is too short for an entry");
        std::vector<std::string> changes;
        entry.cron = pattern_of_crontab(fields, changes);
        for (std::string& change : changes) note(std::move(change));
        const auto parsed = parse(entry.cron);
        if (!parsed) return note("left out: " + parsed.error().message());
        split_input(rest, entry.command, entry.input);
        entry.command = std::string{trim(entry.command)};
        entry.timezone = timezone_;
        entry.shell = shell_;
        entry.environment = environment_;
        entry.name = unique_name(name_of(entry.command));
        if (!entry.user.empty())
            note(fmt::format("{} ran as the user {}: here it runs as the user of the worker",
                             entry.name, entry.user));
        crontab_.entries.push_back(std::move(entry));
    }

    std::string unique_name(const std::string& base) {
        std::string name = base;
        for (int n = 2; !names_.insert(name).second; ++n) name = fmt::format("{}-{}", base, n);
        return name;
    }

    CrontabForm form_;
    Crontab crontab_;
    std::size_t line_ = 0;
    std::string timezone_;
    std::string shell_ = "/bin/sh";
    std::vector<std::pair<std::string, std::string>> environment_;
    std::set<std::string> names_;
};

constexpr Field crontab_fields[] = {Field::minute, Field::hour, Field::day_of_month, Field::month,
                                    Field::day_of_week};

// Cron takes a step beyond the field as its first value only.
std::string with_small_steps(const std::string& field, Field which, bool& changed) {
    std::string out;
    std::size_t start = 0;
    while (start <= field.size()) {
        const std::size_t end = std::min(field.find(',', start), field.size());
        std::string item = field.substr(start, end - start);
        const std::size_t slash = item.find('/');
        unsigned step = 0;
        if (slash != item.npos)
            std::from_chars(item.data() + slash + 1, item.data() + item.size(), step);
        if (step > limits_of(which).step_max) {
            const std::string range = item.substr(0, slash);
            item = range == "*" ? std::to_string(limits_of(which).min)
                                : range.substr(0, range.find('-'));
            changed = true;
        }
        out += (start == 0 ? "" : ",") + item;
        start = end + 1;
    }
    return out;
}

bool is_restricted(const std::string& day_field) {
    return day_field != "*" && !day_field.starts_with("*,");
}

} // namespace

std::string pattern_of_crontab(const std::vector<std::string>& given,
                               std::vector<std::string>& notes) {
    std::vector<std::string> fields = given;
    if (fields.size() == 5) {
        // The star counts as written: a step that is cut below keeps its meaning for the days.
        const bool star = fields[2].starts_with('*') || fields[4].starts_with('*');
        const bool both = star && is_restricted(fields[2]) && is_restricted(fields[4]);
        for (std::size_t i = 0; i < fields.size(); ++i) {
            bool changed = false;
            const std::string before = fields[i];
            fields[i] = with_small_steps(before, crontab_fields[i], changed);
            if (changed)
                notes.push_back(fmt::format("\"{}\" is written as {}: cron runs it at the first "
                                            "value only",
                                            before, fields[i]));
        }
        if (both) {
            notes.push_back(fmt::format("+ added in front of \"{}\": cron wants both day fields to "
                                        "match where one starts with *",
                                        fields[4]));
            fields[4].insert(0, "+");
        }
    }
    std::string pattern;
    for (const std::string& field : fields) pattern += (pattern.empty() ? "" : " ") + field;
    // Only what means the same may be rewritten: random values of cronie, BSD's nicknames.
    const auto parsed = parse(pattern);
    if (parsed || parsed.error().corrected.empty()) return pattern;
    if (pattern.find('~') == pattern.npos && pattern != "@every_minute") return pattern;
    notes.push_back(fmt::format("\"{}\" is written as \"{}\"", pattern, parsed.error().corrected));
    return parsed.error().corrected;
}

Crontab read_crontab(std::string_view text, CrontabForm form) {
    return Reader(form).read(text);
}

} // namespace agentcron::cron
