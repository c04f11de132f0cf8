// Run directories that workers of an earlier life left on this machine. Attempts whose lease is
// still good go on with this worker; everything else is ended, so that no orphan goes on beside the
// run that replaces it, and its directory removed.
//
// Each worker keeps its run directories below one of its own, <runs>/<worker id>/, and holds a lock
// on it as long as it lives; a directory whose lock is free is a leftover.
#pragma once

#include "base/unique_fd.hpp"
#include "engine/remains.hpp"
#include "process/agent_process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace agentcron::engine {

// The directory of one worker, made and locked; says of which boot of the machine it is. Throws
// std::system_error. The destructor removes it if it is empty.
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

// Looks once; works in the background on the loop as long as it lives.
class Leftovers {
public:
    using Refuse = std::function<void(std::vector<Remains>)>;
    struct Handlers {
        // Those that might go on; also where there are none. Gives back those that do not.
        std::function<void(std::vector<Remains>, Refuse)> adopt;
        // Once nothing of theirs lives but what goes on; not called where there is nothing left.
        std::function<void(const task::DeadWorkers&)> ended;
    };
    Leftovers(boost::asio::io_context& loop, const std::filesystem::path& runs,
              const std::string& own_worker_id, Handlers handlers);
    ~Leftovers();
    Leftovers(const Leftovers&) = delete;
    Leftovers& operator=(const Leftovers&) = delete;

private:
    struct Run {
        Run(boost::asio::io_context& loop, std::filesystem::path run)
            : directory(std::move(run)), again(loop) {}
        std::filesystem::path directory;
        std::unique_ptr<process::AgentProcess> process;
        boost::asio::steady_timer again; // its shim did not answer
    };
    void look_at(const std::filesystem::path& worker);
    // A run directory with its attempt's record, which may go on; else false.
    bool may_go_on(const std::filesystem::path& run, std::set<std::filesystem::path>& kept);
    void mark_shared_processes();
    void refused(const std::vector<Remains>& remains);
    void end(const std::filesystem::path& directory);
    void end(const std::shared_ptr<Run>& run);
    static void remove(const std::filesystem::path& directory);
    void perhaps_ended();

    boost::asio::io_context& loop_;
    const Handlers handlers_;
    std::vector<Remains> remains_;
    std::vector<std::shared_ptr<Run>> runs_;
    std::vector<std::filesystem::path> directories_; // of the dead
    task::DeadWorkers dead_;
    std::size_t living_ = 0;
    bool is_settled_ = false;           // who goes on is known
    std::shared_ptr<void> alive_ = std::make_shared<char>();
    std::vector<base::UniqueFd> locks_; // so that no rival does the same work
};

} // namespace agentcron::engine
