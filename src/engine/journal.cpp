#include "engine/journal.hpp"

#include "base/boot_clock.hpp"

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <optional>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace agentcron::engine {
namespace {

namespace json = boost::json;
using Kind = JournalEntry::Kind;

constexpr std::array<std::string_view, 8> kind_names{
    "begin", "after_events", "answer", "no_answer", "message", "end", "idle", "active"};

constexpr off_t reserved_bytes = 8192;

std::string_view name(Kind kind) {
    return kind_names.at(static_cast<std::size_t>(kind));
}

std::optional<Kind> kind_from(std::string_view name) {
    for (std::size_t i = 0; i < kind_names.size(); ++i)
        if (kind_names[i] == name) return static_cast<Kind>(i);
    return std::nullopt;
}

std::optional<JournalEntry> entry_from(std::string_view line) {
    boost::system::error_code malformed;
    const auto value = json::parse(line, malformed);
    const auto* object = malformed ? nullptr : value.if_object();
    if (!object) return std::nullopt;
    const auto text = [&](const char* key) {
        const auto* member = object->if_contains(key);
        return member && member->is_string() ? std::string(member->get_string()) : std::string();
    };
    const auto number = [&](const char* key) {
        const auto* member = object->if_contains(key);
        return member && member->is_int64() ? member->get_int64() : 0;
    };
    const auto kind = kind_from(text("do"));
    if (!kind) return std::nullopt;
    return JournalEntry{.kind = *kind,
                        .at = static_cast<std::uint64_t>(number("at")),
                        .boot = base::Millis(number("boot_ms")),
                        .name = text("name"),
                        .number = number("number"),
                        .text = text("text")};
}

} // namespace

std::string to_line(const JournalEntry& entry) {
    json::object object{{"do", name(entry.kind)},
                        {"at", static_cast<std::int64_t>(entry.at)},
                        {"boot_ms", entry.boot.count()}};
    if (!entry.name.empty()) object["name"] = entry.name;
    if (entry.number != 0) object["number"] = entry.number;
    if (!entry.text.empty()) object["text"] = entry.text;
    return json::serialize(object) + "\n";
}

std::vector<JournalEntry> journal_from(std::string_view text) {
    std::vector<JournalEntry> entries;
    for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;
         text.remove_prefix(end + 1)) {
        auto entry = entry_from(text.substr(0, end));
        if (!entry) break;
        entries.push_back(std::move(*entry));
    }
    return entries;
}

Journal::Journal(const std::filesystem::path& run_directory)
    : path_(run_directory / file)
    , fd_(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
    if (!fd_)
        fail();
    else // where the file system cannot, each line takes its own room
        ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, reserved_bytes);
}

void Journal::add(JournalEntry entry) {
    if (!fd_) return;
    entry.boot = base::since_boot();
    const auto line = to_line(entry);
    if (::write(fd_.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size())) return;
    fail();
    fd_ = {};
}

void Journal::fail() {
    spdlog::error("{}: {}; this attempt cannot be taken over by another daemon", path_.string(),
                  std::strerror(errno));
}

std::string read_run_file(const std::filesystem::path& run_directory, const char* name) {
    std::ifstream in(run_directory / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool write_run_file(const std::filesystem::path& run_directory, const char* name,
                    std::string_view text) {
    const auto path = run_directory / name;
    const auto draft = run_directory / (std::string(name) + ".tmp");
    const base::UniqueFd fd(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const bool is_written =
        fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::rename(draft.c_str(), path.c_str()) == 0;
    if (!is_written) spdlog::error("{}: {}", path.string(), std::strerror(errno));
    return is_written;
}

} // namespace agentcron::engine
