#include "base/read_file.hpp"
#include "cli/commands.hpp"
#include "cli/errors.hpp"
#include "cli/rows.hpp"
#include "cron/crontab_yaml.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace {

namespace fs = std::filesystem;

std::string read_all(const std::string& path) {
    if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
    auto text = base::read_file(path);
    if (!text) throw UsageError(fmt::format("{}: {}", path, std::strerror(errno)));
    return std::move(*text);
}

// Cron reads times in the machine's zone: TZ, else what /etc/localtime links to.
std::string machine_zone() {
    if (const char* zone = std::getenv("TZ"); zone && *zone && *zone != ':') return zone;
    std::error_code error;
    const std::string target = fs::read_symlink("/etc/localtime", error);
    constexpr std::string_view directory = "zoneinfo/";
    const auto at = target.find(directory);
    return error || at == std::string::npos ? "UTC" : target.substr(at + directory.size());
}

} // namespace

void add_import_crontab(CLI::App& app, Invocation& invocation) {
    auto& command =
        add_command(app, "Declare", "import-crontab",
                    "Turn a crontab into YAML with the same fire times, on stdout",
                    "  crontab -l | agentcron import-crontab - > schedules/cron.yaml\n"
                    "  agentcron import-crontab /etc/crontab > schedules/system.yaml\n");
    struct Options {
        std::string file, zone;
        bool system = false;
    };
    auto options = std::make_shared<Options>();
    command.add_option("FILE", options->file, "The crontab; - reads stdin")->required();
    command.add_flag("--system", options->system,
                     "Lines name a user, as in /etc/crontab; assumed for files in /etc");
    command.add_option("--tz", options->zone, "The zone its times are in (the machine's)")
        ->option_text("ZONE");
    set_action(command, invocation, [options] {
        const bool system = options->system || options->file.starts_with("/etc/");
        const auto crontab = cron::read_crontab(
            read_all(options->file), system ? cron::CrontabForm::system : cron::CrontabForm::user);
        write_out(
            cron::crontab_yaml(crontab, options->zone.empty() ? machine_zone() : options->zone));
        for (const auto& note : crontab.notes)
            fmt::print(stderr, "{}:{}: {}\n", options->file, note.line, note.text);
        return 0;
    });
}

} // namespace agentcron::cli
