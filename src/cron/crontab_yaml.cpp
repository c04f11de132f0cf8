#include "cron/crontab_yaml.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cron {
namespace {

// A JSON string is a YAML string.
std::string quoted(std::string_view text) {
    return boost::json::serialize(
        boost::json::value(boost::json::string_view(text.data(), text.size())));
}

bool is_plain(std::string_view text) {
    return !text.empty() && text.front() != ' ' && text.front() != '\t' && text.front() != '\n' &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20;
           });
}

// A mapping key: bare where no YAML reader takes it for something else than a text.
std::string key(const std::string& name) {
    static constexpr std::string_view reserved[] = {"true", "false", "yes", "no", "on",
                                                    "off",  "null",  "y",   "n",  "nan"};
    const bool letter = name.front() >= 'a' && name.front() <= 'z';
    const bool bare =
        letter && std::find(std::begin(reserved), std::end(reserved), name) == std::end(reserved);
    return bare ? name : quoted(name);
}

// A block where it can be read as one, a quoted text otherwise.
std::string block(std::string_view text, std::string_view indent) {
    if (!is_plain(text) || !text.ends_with('\n') || text.ends_with("\n\n")) return quoted(text);
    std::string out = "|";
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        out += line.empty() ? "\n" : fmt::format("\n{}{}", indent, line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

void append_agent(std::string& out, const CrontabEntry& entry) {
    out += fmt::format("  {}:\n    driver: command\n    command: [{}, -c, {}]\n", key(entry.name),
                       quoted(entry.shell), quoted(entry.command));
    if (entry.environment.empty()) return;
    out += "    env:\n";
    for (const auto& [name, value] : entry.environment)
        out += fmt::format("      {}: {}\n", quoted(name), quoted(value));
}

void append_schedule(std::string& out, const CrontabEntry& entry, std::string_view timezone) {
    out += fmt::format("  {}: # line {}\n    cron: {}\n    timezone: {}\n    agent: {}\n",
                       key(entry.name), entry.line, quoted(entry.cron),
                       quoted(entry.timezone.empty() ? timezone : entry.timezone), key(entry.name));
    if (!entry.input.empty()) out += fmt::format("    prompt: {}\n", block(entry.input, "      "));
}

std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return text;
}

} // namespace

std::string crontab_yaml(const Crontab& crontab, std::string_view timezone) {
    std::string out;
    for (const CrontabNote& note : crontab.notes)
        out += fmt::format("# line {}: {}\n", note.line, one_line(note.text));
    if (!crontab.notes.empty()) out += '\n';
    if (crontab.entries.empty()) return out + "agents: {}\nschedules: {}\n";
    out += "agents:\n";
    for (const CrontabEntry& entry : crontab.entries) append_agent(out, entry);
    out += "\nschedules:\n";
    for (const CrontabEntry& entry : crontab.entries) append_schedule(out, entry, timezone);
    return out;
}

} // namespace agentcron::cron
