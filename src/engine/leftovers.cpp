#include "engine/leftovers.hpp"

#include "engine/launch_plan.hpp"
#include "process/wire.hpp"

#include <boost/asio/post.hpp>
#include <cerrno>
#include <fcntl.h>
#include <set>
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
        dead_.push_back(worker.path());
        look_at(worker.path());
    }
    boost::asio::post(loop, [this] {
        handlers_.adopt(std::exchange(remains_, {}),
                        [this](const std::vector<Remains>& rest) { refused(rest); });
    });
}

Leftovers::~Leftovers() {
    for (const auto& worker : dead_) remove_if_empty(worker);
}

void Leftovers::look_at(const fs::path& worker) {
    // What belongs to an attempt that might go on: its own directory, which is another than that of
    // a process that was started ahead, and that of its check.
    std::set<fs::path> kept;
    std::vector<fs::path> others;
    for (const auto& entry : fs::directory_iterator(worker)) {
        if (!entry.is_directory()) continue;
        const auto& run = entry.path();
        const auto text = read_run_file(run, AttemptRecord::file);
        if (text.empty() || !fs::exists(run / process::wire::spool_file)) {
            others.push_back(run);
            continue;
        }
        auto record = attempt_record_from(text);
        if (!record) {
            spdlog::error("{}: {}; ending its agent", (run / AttemptRecord::file).string(),
                          record.error());
            others.push_back(run);
            continue;
        }
        const auto own = run_directory_of(worker, record->claimed.lease);
        kept.insert(own);
        kept.insert(check_directory_of(own));
        auto journal = journal_from(read_run_file(run, Journal::file));
        remains_.push_back({run, std::move(*record), std::move(journal)});
    }
    for (const auto& run : others)
        if (!kept.contains(run)) end(run);
}

void Leftovers::refused(const std::vector<Remains>& remains) {
    for (const auto& one : remains) {
        const auto own = run_directory_of(one.directory.parent_path(), one.record.claimed.lease);
        for (const auto& run : std::set{one.directory, own, check_directory_of(own)})
            if (fs::exists(run)) end(run);
    }
    is_settled_ = true;
    perhaps_ended();
}

void Leftovers::perhaps_ended() {
    if (living_ > 0 || !is_settled_ || dead_.empty()) return;
    std::vector<std::string> ids;
    for (const auto& worker : dead_) ids.push_back(worker.filename().string());
    handlers_.ended(ids);
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
        run->again.async_wait([this, run](const boost::system::error_code& error) {
            if (!error) end(run);
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
