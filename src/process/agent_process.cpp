#include "process/agent_process.hpp"

#include "base/spawn.hpp"
#include "process/launcher.hpp"
#include "process/orphans.hpp"
#include "process/output_tail.hpp"
#include "process/run_directory.hpp"
#include "process/shim_link.hpp"
#include "process/spool_reader.hpp"
#include "process/spool_watch.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace agentcron::process {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

constexpr int hello_wait_ms = 1000;

bool has_ended(int pidfd) {
    pollfd ended{pidfd, POLLIN, 0};
    return ::poll(&ended, 1, 0) > 0;
}

// A shim that an earlier daemon started is not ours to reap; then this does nothing.
void reap(int pidfd) {
    siginfo_t info{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
}

class ShimProcess final : public AgentProcess {
public:
    ShimProcess(asio::io_context& loop, RunDirectory directory, Events events)
        : loop_(loop)
        , directory_(std::move(directory))
        , events_(std::move(events))
        , link_(loop, directory_)
        , pidfd_(loop) {}
    ~ShimProcess() override { stop_watching(); }

    // For a new run; for one that exists, `follow`. Then `attend` the shim.
    base::Result<base::Child, LaunchError> start(const LaunchSpec& spec);
    // These two return 0 or errno.
    int follow(std::uint64_t read_from);
    int attend(base::Child shim);
    // Instead of `attend`, if there is no shim any more.
    void conclude_soon();

    std::vector<Frame> read(std::size_t bytes_max) override;
    void feed(std::string_view bytes) override { link_.feed(bytes); }
    void close_stdin() override { link_.close_stdin(); }
    void stored(std::uint64_t offset) override { link_.stored(offset); }
    void reply(std::string_view ask_id, std::string_view json) override {
        link_.reply(ask_id, json);
    }
    void set_deadline(base::Millis from_now) override { link_.set_deadline(from_now); }
    void set_lease(base::Millis from_now, base::Millis grace) override {
        link_.set_lease(from_now, grace);
    }
    void terminate(base::Millis grace) override { link_.terminate(grace); }
    void kill() override { link_.kill(); }
    pid_t shim_pid() const override { return shim_pid_; }

    const RunDirectory& directory() const { return directory_; }

private:
    void tell_readable();
    void await_end();
    void conclude();
    void stop_watching();

    asio::io_context& loop_;
    RunDirectory directory_;
    Events events_;
    ShimLink link_;
    stream_descriptor pidfd_;
    pid_t shim_pid_ = -1;
    std::unique_ptr<SpoolReader> reader_;
    bool damage_reported_ = false;
    int watch_ = -1;
    // Handlers that come after this object is gone find this empty.
    std::shared_ptr<ShimProcess*> self_ = std::make_shared<ShimProcess*>(this);
};

base::Result<base::Child, LaunchError> ShimProcess::start(const LaunchSpec& spec) {
    const auto input = make_input(spec, directory_);
    if (!input) return input.error();
    if (const int error = follow(0); error != 0)
        return LaunchError{"watch", error, directory_.path().string()};
    return start_shim(spec.shim, directory_, *input);
}

int ShimProcess::follow(std::uint64_t read_from) {
    base::UniqueFd spool = directory_.open_spool();
    if (!spool) return errno;
    reader_ = std::make_unique<SpoolReader>(std::move(spool), read_from);
    watch_ = asio::use_service<SpoolWatch>(loop_).watch(directory_.path() / wire::spool_file,
                                                        [this] { tell_readable(); });
    return watch_ < 0 ? errno : 0;
}

int ShimProcess::attend(base::Child shim) {
    shim_pid_ = shim.pid;
    boost::system::error_code failed;
    pidfd_.assign(shim.pidfd.get(), failed);
    if (failed) return failed.value();
    shim.pidfd.release();
    await_end();
    // What was written before the watch began made no event.
    asio::post(loop_, [weak = std::weak_ptr(self_)] {
        const auto self = weak.lock();
        if (self && (*self)->watch_ >= 0) (*self)->tell_readable();
    });
    return 0;
}

void ShimProcess::conclude_soon() {
    asio::post(loop_, [weak = std::weak_ptr(self_)] {
        if (const auto self = weak.lock()) (*self)->conclude();
    });
}

std::vector<Frame> ShimProcess::read(std::size_t bytes_max) {
    auto frames = reader_->read(bytes_max);
    if (reader_->damaged() && !damage_reported_) {
        damage_reported_ = true;
        spdlog::error("spool {} is damaged at offset {}: the output behind it is lost",
                      (directory_.path() / wire::spool_file).string(), reader_->offset());
    }
    return frames;
}

void ShimProcess::tell_readable() {
    const auto readable = events_.readable; // it may destroy us
    readable();
}

void ShimProcess::await_end() {
    pidfd_.async_wait(stream_descriptor::wait_read,
                      [weak = std::weak_ptr(self_)](const boost::system::error_code& error) {
                          const auto held = weak.lock();
                          if (error || !held) return;
                          ShimProcess& self = **held;
                          // asio wakes up for nothing now and then.
                          if (!has_ended(self.pidfd_.native_handle())) return self.await_end();
                          reap(self.pidfd_.native_handle());
                          self.conclude();
                      });
}

void ShimProcess::conclude() {
    stop_watching();
    boost::system::error_code ignored;
    pidfd_.close(ignored);
    std::optional<ExitRecord> record = directory_.read_exit();
    reader_->join(open_tail(directory_));
    const auto cgroup = directory_.cgroup();
    if (!record) {
        if (cgroup) kill_cgroup(*cgroup);
        kill_orphans(directory_);
        record.emplace();
        record->stage = "lost";
    }
    if (cgroup) remove_cgroup(*cgroup);            // the shim has, unless it was killed
    const auto exited = std::move(events_.exited); // it may destroy us
    exited(*record);
}

void ShimProcess::stop_watching() {
    if (watch_ >= 0) asio::use_service<SpoolWatch>(loop_).unwatch(watch_);
    watch_ = -1;
}

// What the shim says of itself, once it has served what earlier daemons had sent to it (a shim of
// version 1 answers at once). nullopt: it does not answer, or has ended.
std::optional<wire::Hello> ask_for_hello(const RunDirectory& directory) {
    struct {
        wire::MessageHeader header{};
        wire::Hello hello{};
    } answer;
    wire::MessageHeader attach{};
    attach.type = static_cast<std::uint8_t>(wire::Message::attach);
    const base::UniqueFd socket = directory.connect();
    if (!socket || ::send(socket.get(), &attach, sizeof attach, MSG_NOSIGNAL) < 0)
        return std::nullopt;
    pollfd ready{socket.get(), POLLIN, 0};
    if (::poll(&ready, 1, hello_wait_ms) <= 0) return std::nullopt;
    if (::recv(socket.get(), &answer, sizeof answer, 0) != sizeof answer) return std::nullopt;
    return answer.hello;
}

// The living shim of a run directory. Error ESRCH: it has ended meanwhile.
base::Result<base::Child, LaunchError> find_shim(const RunDirectory& directory) {
    const auto failed = [&](int error) {
        return LaunchError{"adopt", error, directory.path().string()};
    };
    const auto hello = ask_for_hello(directory);
    if (!hello) return failed(directory.is_held() ? ETIMEDOUT : ESRCH);
    if (hello->version > wire::protocol_version) return failed(EPROTO);
    const pid_t pid = hello->shim_pid;
    base::UniqueFd pidfd = base::open_pidfd(pid);
    const int error = errno;
    // Still held after the pid was pinned: then it was the shim's pid when it was pinned.
    if (!directory.is_held()) return failed(ESRCH);
    if (!pidfd) return failed(error);
    return base::Child{pid, std::move(pidfd)};
}

} // namespace

base::Result<std::unique_ptr<AgentProcess>, LaunchError>
AgentProcess::launch(asio::io_context& loop, const LaunchSpec& spec, Events events) {
    auto directory = RunDirectory::create(spec.run_directory);
    if (!directory)
        return LaunchError{"run_directory", directory.error(), spec.run_directory.string()};
    auto process = std::make_unique<ShimProcess>(loop, std::move(*directory), std::move(events));
    auto shim = process->start(spec);
    if (!shim) {
        std::vector<std::string> files;
        for (const auto& file : spec.files) files.push_back(file.name);
        process->directory().remove(files);
        return shim.error();
    }
    if (const int error = process->attend(std::move(*shim)); error != 0) {
        process->kill();
        return LaunchError{"watch", error, spec.run_directory.string()};
    }
    return std::unique_ptr<AgentProcess>(std::move(process));
}

base::Result<std::unique_ptr<AgentProcess>, LaunchError>
AgentProcess::adopt(asio::io_context& loop, const std::filesystem::path& run_directory,
                    std::uint64_t read_from, Events events) {
    const auto failed = [&](int error) {
        return LaunchError{"adopt", error, run_directory.string()};
    };
    auto directory = RunDirectory::open(run_directory);
    if (!directory) return failed(directory.error());
    auto process = std::make_unique<ShimProcess>(loop, std::move(*directory), std::move(events));
    if (const int error = process->follow(read_from); error != 0) return failed(error);
    if (process->directory().is_held()) {
        auto shim = find_shim(process->directory());
        if (!shim && shim.error().error != ESRCH) return shim.error();
        if (shim) {
            if (const int error = process->attend(std::move(*shim)); error != 0)
                return failed(error);
            return std::unique_ptr<AgentProcess>(std::move(process));
        }
    }
    // Nobody holds it, so what stands there is all there will be: the record, or `lost`.
    process->conclude_soon();
    return std::unique_ptr<AgentProcess>(std::move(process));
}

} // namespace agentcron::process
