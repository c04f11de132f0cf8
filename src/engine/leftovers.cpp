#include "engine/leftovers.hpp"

#include <boost/asio/post.hpp>
#include <cerrno>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <system_error>

namespace agentcron::engine {
namespace fs = std::filesystem;
namespace {

constexpr const char* lock_name = "lock";

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
    fs::create_directories(path_);
    fs::permissions(runs, fs::perms::owner_all);
    lock_ = try_lock(path_);
    if (!lock_)
        throw std::system_error(errno, std::generic_category(), "locking " + path_.string());
}

WorkerDirectory::~WorkerDirectory() {
    remove_if_empty(path_);
}

Leftovers::Leftovers(boost::asio::io_context& loop, const fs::path& runs,
                     const std::string& own_worker_id,
                     std::function<void(const std::vector<std::string>&)> ended)
    : ended_(std::move(ended)) {
    std::error_code none_yet;
    for (const auto& worker : fs::directory_iterator(runs, none_yet)) {
        if (!worker.is_directory() || worker.path().filename() == own_worker_id) continue;
        auto lock = try_lock(worker.path());
        if (!lock) continue; // it lives
        locks_.push_back(std::move(lock));
        dead_workers_.push_back(worker.path().filename().string());
        for (const auto& run : fs::directory_iterator(worker.path()))
            if (run.is_directory()) end(loop, run.path());
        remove_if_empty(worker.path());
    }
    if (living_ == 0 && !dead_workers_.empty())
        boost::asio::post(loop, [this] { ended_(dead_workers_); });
}

void Leftovers::one_ended() {
    if (--living_ == 0) ended_(dead_workers_);
}

void Leftovers::end(boost::asio::io_context& loop, const fs::path& directory) {
    auto run = std::make_shared<Run>();
    run->directory = directory;
    auto adopted = process::AgentProcess::adopt(
        loop, directory, 0,
        {.readable = [] {},
         .exited =
             [this, &loop, weak = std::weak_ptr(run)](const process::ExitRecord&) {
                 const auto ended = weak.lock();
                 if (!ended) return;
                 remove(ended->directory);
                 one_ended();
                 // Not from inside its own callback.
                 boost::asio::post(loop, [ended] { ended->process.reset(); });
             }});
    if (!adopted) return remove(directory);
    run->process = std::move(*adopted);
    spdlog::warn("ending an agent that a dead worker left directory={} pid={}",
                 directory.filename().string(), run->process->shim_pid());
    run->process->kill();
    ++living_;
    runs_.push_back(std::move(run));
}

void Leftovers::remove(const fs::path& directory) {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
    remove_if_empty(directory.parent_path());
}

} // namespace agentcron::engine
