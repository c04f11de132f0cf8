// Run directories that workers of an earlier life left on this machine: their agents are ended, so
// that no orphan goes on beside the run that replaces it, and the directories are removed.
//
// Each worker keeps its run directories below one of its own, <runs>/<worker id>/, and holds a lock
// on it as long as it lives; a directory whose lock is free is a leftover.
#pragma once

#include "base/unique_fd.hpp"
#include "process/agent_process.hpp"

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace agentcron::engine {

// The directory of one worker, made and locked. Throws std::system_error. The destructor removes it
// if it is empty.
class WorkerDirectory {
public:
    WorkerDirectory(const std::filesystem::path& runs, const std::string& worker_id);
    ~WorkerDirectory();
    WorkerDirectory(const WorkerDirectory&) = delete;
    WorkerDirectory& operator=(const WorkerDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    base::UniqueFd lock_;
};

// Ends what is left; works in the background on the loop as long as it lives.
class Leftovers {
public:
    // `ended` gets the ids of the dead workers once none of their agents lives; not called where
    // there is nothing left.
    Leftovers(boost::asio::io_context& loop, const std::filesystem::path& runs,
              const std::string& own_worker_id,
              std::function<void(const std::vector<std::string>&)> ended);

private:
    struct Run {
        std::filesystem::path directory;
        std::unique_ptr<process::AgentProcess> process;
    };
    void end(boost::asio::io_context& loop, const std::filesystem::path& directory);
    static void remove(const std::filesystem::path& directory);
    void one_ended();

    std::vector<std::shared_ptr<Run>> runs_;
    std::vector<std::string> dead_workers_;
    std::function<void(const std::vector<std::string>&)> ended_;
    std::size_t living_ = 0;
    std::vector<base::UniqueFd> locks_; // so that no rival does the same work
};

} // namespace agentcron::engine
