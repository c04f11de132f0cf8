#include "engine/leftovers.hpp"

#include "engine/launch_plan.hpp"
#include "process/state_text.hpp"
#include "process/wire.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <system_error>

namespace agentcron::engine {
namespace fs = std::filesystem;
namespace {

constexpr const char* lock_name = "lock";
// Until a shim that does not answer is tried again, which may block for a second.
constexpr base::Seconds silent_pause{10};

// Empty if somebody holds it.
base::UniqueFd try_lock(const fs::path& directory) {
    base::UniqueFd fd(::open((directory / lock_name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return {};
    return fd;
}

// Stands in the lock file. Of an earlier boot, whose end may have been the power's, a directory may
// be less than what was made in it.
std::string this_boot() {
    char id[40];
    process::read_boot_id(id);
    return id;
}

// By the name that run_directory_of gives; nullopt: the directory is another one's.
std::optional<task::DeadWorkers::Run> run_named(const std::string& name) {
    task::DeadWorkers::Run run;
    const char* const end = name.data() + name.size();
    const auto task = std::from_chars(name.data(), end, run.task_id);
    if (task.ec != std::errc() || task.ptr == end || *task.ptr != '.') return std::nullopt;
    const auto number = std::from_chars(task.ptr + 1, end, run.run_no);
    if (number.ec != std::errc() || number.ptr == end || *number.ptr != '.') return std::nullopt;
    const bool is_of_hook = std::find(number.ptr + 1, end, '.') != end;
    return is_of_hook ? std::nullopt : std::optional(run);
}

// The directories of an attempt that went on: its own, its process's if that is another one, and
// that of its check.
std::set<fs::path> directories_of(const Remains& remains) {
    const auto worker = remains.directory.parent_path();
    const auto own = run_directory_of(worker, remains.record.claimed.lease);
    std::set<fs::path> all{remains.directory, own, check_directory_of(own)};
    const auto& standing = remains.record.standing;
    if (standing && !remains.ends_before) all.insert(worker / standing->directory);
    return all;
}

void remove_if_empty(const fs::path& directory) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory, ignored))
        if (entry.path().filename() != lock_name) return;
    fs::remove_all(directory, ignored);
}

} // namespace

WorkerDirectory::WorkerDirectory(const fs::path& runs, const std::string& worker_id)
    : path_(runs / worker_id) {
    std::error_code error;
    fs::create_directories(path_, error);
    if (!error) fs::permissions(runs, fs::perms::owner_all, error);
    if (!error) lock_ = try_lock(path_);
    if (!error && !lock_) error = std::error_code(errno, std::generic_category());
    if (error)
        throw std::runtime_error(fmt::format("a worker writes in {}, and there it cannot: {}; make "
                                             "room or repair that, or choose another place with "
                                             "AGENTCRON_STATE_DIR",
                                             path_.string(), error.message()));
    // On a full disk it stays empty, which says less but nothing wrong.
    [[maybe_unused]] const int written = ::dprintf(lock_.get(), "%s", this_boot().c_str());
}

WorkerDirectory::~WorkerDirectory() {
    remove_if_empty(path_);
}

Leftovers::Leftovers(boost::asio::io_context& loop, const fs::path& runs,
                     const std::string& own_worker_id, Handlers handlers)
    : loop_(loop), handlers_(std::move(handlers)) {
    std::error_code none_yet;
    for (const auto& worker : fs::directory_iterator(runs, none_yet)) {
        if (!worker.is_directory() || worker.path().filename() == own_worker_id) continue;
        auto lock = try_lock(worker.path());
        if (!lock) continue; // it lives
        locks_.push_back(std::move(lock));
        directories_.push_back(worker.path());
        dead_.ids.push_back(worker.path().filename());
        if (read_run_file(worker.path(), lock_name) == this_boot())
            dead_.traced.push_back(dead_.ids.back());
        look_at(worker.path());
    }
    mark_shared_processes();
    boost::asio::post(loop, [this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        handlers_.adopt(std::exchange(remains_, {}),
                        [this](const std::vector<Remains>& rest) { refused(rest); });
    });
}

Leftovers::~Leftovers() {
    for (const auto& worker : directories_) remove_if_empty(worker);
}

void Leftovers::look_at(const fs::path& worker) {
    std::set<fs::path> kept; // what belongs to an attempt that might go on
    std::vector<fs::path> others;
    for (const auto& entry : fs::directory_iterator(worker)) {
        if (!entry.is_directory()) continue;
        const auto& run = entry.path();
        if (const auto launched = run_named(run.filename())) dead_.launched.push_back(*launched);
        if (!may_go_on(run, kept)) others.push_back(run);
    }
    for (const auto& run : others)
        if (!kept.contains(run)) end(run);
}

bool Leftovers::may_go_on(const fs::path& run, std::set<fs::path>& kept) {
    const auto text = read_run_file(run, AttemptRecord::file);
    if (text.empty()) return false;
    auto record = attempt_record_from(text);
    if (!record) {
        spdlog::error("{}: {}; ending its agent", (run / AttemptRecord::file).string(),
                      record.error());
        return false;
    }
    const auto process = record->standing ? run.parent_path() / record->standing->directory : run;
    if (!fs::exists(process / process::wire::spool_file)) return false;
    remains_.push_back({.directory = run,
                        .record = std::move(*record),
                        .journal = journal_from(read_run_file(run, Journal::file))});
    kept.merge(directories_of(remains_.back()));
    return true;
}

// Of the requests of one process only the last can be under way.
void Leftovers::mark_shared_processes() {
    const auto process_of = [](const Remains& one) {
        return one.directory.parent_path() / one.record.standing->directory;
    };
    for (auto& one : remains_)
        for (const auto& other : remains_) {
            if (!one.record.standing || !other.record.standing) continue;
            const auto from = other.record.standing->from;
            if (process_of(other) == process_of(one) && from > one.record.standing->from)
                one.ends_before = std::min(from, one.ends_before.value_or(from));
        }
}

void Leftovers::refused(const std::vector<Remains>& remains) {
    for (const auto& one : remains)
        for (const auto& run : directories_of(one))
            if (fs::exists(run)) end(run);
    is_settled_ = true;
    perhaps_ended();
}

void Leftovers::perhaps_ended() {
    if (living_ > 0 || !is_settled_ || directories_.empty()) return;
    handlers_.ended(dead_);
}

void Leftovers::end(const fs::path& directory) {
    ++living_;
    end(std::make_shared<Run>(loop_, directory));
}

void Leftovers::end(const std::shared_ptr<Run>& run) {
    auto adopted = process::AgentProcess::adopt(
        loop_, run->directory, 0,
        {.readable = [] {},
         .exited =
             [this, weak = std::weak_ptr(run)](const process::ExitRecord&) {
                 const auto ended = weak.lock();
                 if (!ended) return;
                 remove(ended->directory);
                 // Not from inside its own callback.
                 boost::asio::post(loop_, [ended] { ended->process.reset(); });
                 --living_;
                 perhaps_ended();
             }});
    if (!adopted && adopted.error().error == ETIMEDOUT) {
        spdlog::error("cannot end what a dead worker left, trying again: {}",
                      adopted.error().message());
        run->again.expires_after(silent_pause);
        run->again.async_wait([this, run, alive = std::weak_ptr(alive_)](const auto& error) {
            if (!error && !alive.expired()) end(run);
        });
        return;
    }
    if (!adopted) {
        --living_;
        // Of a newer agentcron's it is not known how to end it.
        if (adopted.error().error == EPROTO)
            spdlog::error("left alone: its shim is newer than this agentcron directory={}",
                          run->directory.string());
        else
            remove(run->directory); // there is no run
        return;
    }
    run->process = std::move(*adopted);
    spdlog::warn("ending an agent that a dead worker left directory={} pid={}",
                 run->directory.filename().string(), run->process->shim_pid());
    run->process->kill();
    runs_.push_back(run);
}

void Leftovers::remove(const fs::path& directory) {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
}

} // namespace agentcron::engine
