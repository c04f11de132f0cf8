#include "base/log.hpp"

#include <cstdlib>
#include <memory>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

namespace agentcron::base {
namespace {

// sd-daemon(3): "<3>" is an error, "<7>" is for debugging.
class JournalPriority final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& out) override {
        fmt::format_to(std::back_inserter(out), "<{}>", priority(message.level));
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<JournalPriority>();
    }

private:
    static int priority(spdlog::level::level_enum level) {
        switch (level) {
        case spdlog::level::critical: return 2;
        case spdlog::level::err: return 3;
        case spdlog::level::warn: return 4;
        case spdlog::level::info: return 6;
        default: return 7;
        }
    }
};

// The message in one line, whatever an agent's name or a server's error brings along.
class OneLine final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&,
                spdlog::memory_buf_t& out) override {
        for (const char c : message.payload) {
            if (c == '\n')
                out.append(std::string_view("\\n"));
            else if (static_cast<unsigned char>(c) >= ' ')
                out.push_back(c);
            else
                fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<int>(c));
        }
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<OneLine>();
    }
};

} // namespace

void set_up_log(std::string_view level) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc,
                                                                 spdlog::details::os::default_eol);
    formatter->add_flag<JournalPriority>('J').add_flag<OneLine>('Q');
    formatter->set_pattern(is_journal(std::getenv("JOURNAL_STREAM"), STDERR_FILENO)
                               ? "%J%Q"
                               : "%Y-%m-%dT%H:%M:%S.%eZ %l %Q");
    auto logger = std::make_shared<spdlog::logger>(
        "agentcron", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_formatter(std::move(formatter));
    logger->set_level(spdlog::level::from_str(std::string(level)));
    spdlog::set_default_logger(std::move(logger));
}

bool is_journal(const char* journal_stream, int fd) {
    struct stat info {};
    if (!journal_stream || ::fstat(fd, &info) != 0) return false;
    return fmt::format("{}:{}", info.st_dev, info.st_ino) == journal_stream;
}

} // namespace agentcron::base
