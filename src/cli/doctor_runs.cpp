#include "cli/doctor_runs.hpp"

#include "base/text.hpp"
#include "engine/attempt_record.hpp"
#include "process/run_directory.hpp"
#include "process/wire.hpp"

#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <system_error>

namespace agentcron::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* lock_name = "lock"; // of engine/leftovers
constexpr auto just_now = std::chrono::seconds(10);
constexpr std::size_t shown_max = 10;

std::optional<std::int64_t> number_from(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

// Empty: its worker lives.
base::UniqueFd lock_of_dead(const fs::path& worker) {
    std::error_code error;
    const auto changed = fs::last_write_time(worker, error);
    // Between making it and locking it a worker must not find it locked by us.
    if (error || fs::file_time_type::clock::now() - changed < just_now) return {};
    base::UniqueFd fd(::open((worker / lock_name).c_str(), O_RDWR | O_CLOEXEC));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
    return fd;
}

std::int64_t living_pid_of(const process::RunDirectory& directory) {
    const auto meta = directory.read_meta();
    if (directory.is_held()) return meta ? meta->shim_pid : -1;
    char boot_id[40] = "";
    process::read_boot_id(boot_id);
    if (!meta || meta->agent_pid <= 0 || std::strcmp(meta->boot_id, boot_id) != 0) return 0;
    const bool lives = process::start_ticks_of(meta->agent_pid) == meta->agent_start_ticks;
    return lives ? meta->agent_pid : 0;
}

Run run_in(const fs::path& path) {
    Run run{.directory = path, .name = run_name_from(path.filename().string())};
    if (const auto directory = process::RunDirectory::open(path))
        run.living_pid = living_pid_of(*directory);
    std::error_code none;
    const auto size = fs::file_size(path / process::wire::spool_file, none);
    run.spool_bytes = none ? 0 : size;
    run.had_task = fs::exists(path / engine::AttemptRecord::file, none);
    return run;
}

std::string whose(const Run& run) {
    if (!run.name) return "in " + run.directory.string();
    if (run.name->is_ahead) return "started ahead of its task";
    return fmt::format("of task {}", run.name->task_id);
}

} // namespace

std::optional<RunName> run_name_from(std::string_view name) {
    const auto parts = base::split(name, '.');
    if (parts.size() == 2 && parts[0] == "ahead" && number_from(parts[1]))
        return RunName{.is_ahead = true};
    const bool is_check = parts.size() == 4 && parts[3] == "check";
    if (parts.size() != 3 && !is_check) return std::nullopt;
    const auto task_id = number_from(parts[0]), run_no = number_from(parts[1]);
    if (!task_id || !run_no || parts[2].empty()) return std::nullopt;
    return RunName{.task_id = *task_id, .run_no = *run_no, .is_check = is_check};
}

LookAtRuns look_at_runs(const fs::path& runs, bool keep_locks) {
    LookAtRuns look;
    std::error_code error;
    for (const auto& worker : fs::directory_iterator(runs, error)) {
        if (!worker.is_directory(error)) continue;
        auto lock = lock_of_dead(worker.path());
        for (const auto& entry : fs::directory_iterator(worker.path(), error)) {
            if (!entry.is_directory(error)) continue;
            if (lock)
                look.left.push_back(run_in(entry.path()));
            else
                ++look.living;
        }
        if (lock && keep_locks) look.held.push_back(std::move(lock));
    }
    if (error && error != std::errc::no_such_file_or_directory) look.error = error.message();
    return look;
}

bool may_be_removed(const Run& run, const std::optional<KnownRun>& known) {
    if (run.living_pid != 0 || !run.name) return false;
    if (run.name->is_ahead) return !run.had_task;
    if (!known || !known->has_ended) return false;
    // A check's last line went into its task's message.
    return run.name->is_check || run.spool_bytes <= sizeof(process::wire::SpoolHeader) ||
           run.spool_bytes <= known->stored_bytes;
}

Findings judge_runs(const LookAtRuns& look, std::int64_t removable) {
    Findings findings;
    const auto add = [&](State state, std::string detail, std::string advice) {
        findings.push_back({"runs", state, std::move(detail), std::move(advice)});
    };
    if (!look.error.empty())
        add(State::unknown, "the run directories cannot be read: " + look.error,
            "Run doctor as the worker's user");
    std::int64_t others = -removable;
    for (const auto& run : look.left) {
        if (run.living_pid == 0)
            ++others;
        else if (findings.size() < shown_max)
            add(State::failed,
                fmt::format("an agent {} goes on without its worker (pid {})", whose(run),
                            run.living_pid),
                "Start agentcron with this state directory: it takes the agent over or ends it");
    }
    if (removable > 0)
        add(State::warning,
            fmt::format("{} nobody needs any more",
                        removable == 1 ? std::string("1 run directory that")
                                       : fmt::format("{} run directories that", removable)),
            "agentcron doctor --fix removes them; so does the next start of a worker");
    if (others > 0)
        add(State::warning,
            fmt::format("{} of dead workers, with output that is not stored or a task that has "
                        "not ended",
                        others == 1 ? "1 run directory"
                                    : fmt::format("{} run directories", others)),
            "Start agentcron with this state directory: it deals with them");
    if (findings.empty())
        add(State::ok,
            look.living == 0
                ? std::string("no agent runs on this machine")
                : fmt::format("{} on this machine, of living workers", counted(look.living, "run")),
            "");
    return findings;
}

bool remove_run(const Run& run) {
    std::error_code error;
    fs::remove_all(run.directory, error);
    if (error) return false;
    const auto worker = run.directory.parent_path();
    for (const auto& entry : fs::directory_iterator(worker, error))
        if (entry.path().filename() != lock_name) return true;
    fs::remove_all(worker, error);
    return true;
}

} // namespace agentcron::cli
