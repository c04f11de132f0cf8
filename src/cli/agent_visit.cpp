#include "cli/agent_visit.hpp"

#include "base/program_path.hpp"
#include "cli/errors.hpp"
#include "cli/time_text.hpp"
#include "engine/launch_settings.hpp"
#include "process/agent_process.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <spdlog/fmt/fmt.h>

namespace agentcron::cli {
namespace fs = std::filesystem;
namespace {

using State = agent::Finding::State;
using Steady = std::chrono::steady_clock;

constexpr const char* harmless_prompt = "Reply with OK and nothing else. Use no tools.";
// From all is learnt to SIGTERM: an agent that is told to end may take a moment.
constexpr auto leave_within = std::chrono::seconds(10);

class RunRoot {
public:
    RunRoot() {
        const char* given = std::getenv("TMPDIR");
        std::string path = std::string(given && *given ? given : "/tmp") + "/agentcron-XXXXXX";
        if (!::mkdtemp(path.data()))
            throw std::runtime_error(fmt::format("{}: {}", path, std::strerror(errno)));
        path_ = path;
    }
    ~RunRoot() {
        std::error_code ignored; // of another user's files below it nothing can be done
        fs::remove_all(path_, ignored);
    }
    RunRoot(const RunRoot&) = delete;
    RunRoot& operator=(const RunRoot&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

std::string value_of(const std::vector<std::string>& environment, std::string_view name) {
    for (const auto& variable : environment)
        if (variable.starts_with(std::string(name) + "=")) return variable.substr(name.size() + 1);
    return "";
}

// What can be said before anything is started.
std::vector<agent::Finding> standing(const process::LaunchSpec& launch) {
    std::vector<agent::Finding> found;
    const auto& program = launch.argv.front();
    const auto path = value_of(launch.env, "PATH");
    const auto file = base::find_program(program, path);
    if (file)
        found.push_back({"program", State::ok, *file});
    else
        found.push_back({"program", State::failed, fmt::format("there is no {} to run", program),
                         program.find('/') == std::string::npos
                             ? fmt::format("install it, or name its path in `command:`; PATH of "
                                           "the agent is {}",
                                           path)
                             : "install it, or correct `command:`"});
    const auto directory = launch.working_directory.string();
    if (fs::is_directory(launch.working_directory))
        found.push_back({"directory", State::ok, directory});
    else
        found.push_back({"directory", State::failed, fmt::format("{} is no directory", directory),
                         "make it, or correct `workspace:`"});
    return found;
}

agent::Finding cannot_start(std::string why) {
    return {"start", State::failed, std::move(why), "correct the agent's declaration"};
}

bool any_failed(const std::vector<agent::Finding>& findings) {
    for (const auto& finding : findings)
        if (finding.state == State::failed) return true;
    return false;
}

class Visit {
public:
    Visit(const process::LaunchSpec& launch, agent::Inspection& inspection,
          const VisitOptions& options)
        : inspection_(inspection), timer_(loop_), signals_(loop_, SIGINT, SIGTERM) {
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (error) return;
            is_interrupted_ = true;
            process_->kill();
        });
        auto launched = process::AgentProcess::launch(
            loop_, launch,
            {.readable = [this] { read(); },
             .exited = [this](const process::ExitRecord& record) { exited(record); }});
        if (!launched) throw std::runtime_error(launched.error().message());
        process_ = std::move(*launched);
        grace_ = launch.grace;
        end_after(options.timeout, true);
        loop_.run();
        if (is_interrupted_) throw Reported{130};
    }

    const process::ExitRecord& record() const { return *record_; }
    bool is_out_of_time() const { return is_out_of_time_; }
    // It had done all that it was started for when it was ended.
    bool has_lingered() const { return is_leaving_ && record_->terminated; }
    std::optional<Steady::duration> first_line_after() const { return first_line_after_; }

private:
    void read() {
        while (true) {
            const auto frames = process_->read(256 * 1024);
            if (frames.empty()) break;
            for (const auto& frame : frames) take(frame);
        }
        if (record_ || is_leaving_ || !inspection_.is_over()) return;
        is_leaving_ = true;
        process_->close_stdin();
        end_after(leave_within, false);
    }

    void take(const process::Frame& frame) {
        const auto stream = frame.stream == process::Stream::out   ? agent::Stream::out
                            : frame.stream == process::Stream::err ? agent::Stream::err
                                                                   : agent::Stream::event;
        const bool is_written = frame.stream == process::Stream::out ||
                                frame.stream == process::Stream::err ||
                                frame.stream == process::Stream::event;
        if (frame.stream == process::Stream::ask) return refuse(frame);
        if (!is_written) return;
        if (stream == agent::Stream::out && !first_line_after_)
            first_line_after_ = Steady::now() - begun_;
        const auto feed = inspection_.receive({stream, frame.at, frame.offset, frame.bytes});
        if (!feed.stdin_bytes.empty()) process_->feed(feed.stdin_bytes);
        if (feed.close_stdin) process_->close_stdin();
    }

    void refuse(const process::Frame& frame) {
        boost::system::error_code error;
        const auto ask = boost::json::parse(frame.bytes, error);
        const auto* object = error ? nullptr : ask.if_object();
        const auto* id = object ? object->if_contains("id") : nullptr;
        if (id && id->is_string())
            process_->reply(std::string_view(id->get_string()),
                            R"({"error":"nobody is asked while an agent is checked"})");
    }

    void end_after(Steady::duration time, bool is_limit) {
        timer_.expires_after(time);
        timer_.async_wait([this, is_limit](const boost::system::error_code& error) {
            if (error || record_) return;
            is_out_of_time_ = is_limit;
            process_->terminate(grace_);
        });
    }

    void exited(const process::ExitRecord& record) {
        record_ = record;
        read();
        inspection_.end_of_output();
        loop_.stop();
    }

    agent::Inspection& inspection_;
    boost::asio::io_context loop_{1};
    boost::asio::steady_timer timer_;
    boost::asio::signal_set signals_;
    std::unique_ptr<process::AgentProcess> process_;
    base::Millis grace_{};
    Steady::time_point begun_ = Steady::now();
    std::optional<Steady::duration> first_line_after_;
    std::optional<process::ExitRecord> record_;
    bool is_leaving_ = false;
    bool is_out_of_time_ = false;
    bool is_interrupted_ = false;
};

agent::Finding first_line(const Visit& visit) {
    if (!visit.first_line_after()) return {"first line", State::unknown, "none came"};
    const auto seconds = std::chrono::duration<double>(*visit.first_line_after()).count();
    return {"first line", State::ok, "after " + span_text(seconds)};
}

agent::Finding end_of(const Visit& visit) {
    const auto& record = visit.record();
    if (record.survivors > 0)
        return {"end", State::failed,
                fmt::format("{} of its processes could not be ended", record.survivors),
                "look at them with ps; they hang in the kernel"};
    if (visit.is_out_of_time())
        return {"end", State::failed, "it was ended when its time was over",
                "give it more time with --timeout"};
    if (record.terminated) return {"end", State::ok, "it had to be ended, and all of it is gone"};
    return {"end", State::ok, "it ended by itself, and all of it is gone"};
}

} // namespace

std::vector<agent::Finding> visit_agent(const agent::Profile& profile,
                                        const VisitOptions& options) {
    const RunRoot root;
    task::Claimed claimed;
    claimed.lease.token = "check-agent";
    claimed.agent = profile.name;
    claimed.driver = profile.driver;
    claimed.agent_config = agent::config_to_json(profile);
    claimed.spec = boost::json::serialize(
        boost::json::object{{"prompt", harmless_prompt}, {"timeout", options.timeout.count()}});
    const auto settings = engine::launch_settings(root.path());
    auto resolved = engine::resolve(claimed, settings);
    if (!resolved) return {cannot_start(resolved.error())};
    // In the repository itself: a worktree is made for a task.
    const auto directory =
        profile.git ? fs::path(profile.git->repo) : resolved->working_directory;
    auto plan = engine::plan_launch(claimed, settings, *resolved, {.working_directory = directory});
    if (!plan) return {cannot_start(plan.error())};
    auto findings = standing(plan->launch);
    if (any_failed(findings)) return findings;
    if (!options.with_turn && !agent::Inspection::has_greeting(profile.driver, profile.command)) {
        findings.push_back({"answers", State::unknown,
                            "it is started only with a task: --turn gives it a harmless one"});
        return findings;
    }
    agent::Inspection inspection(profile.driver, profile.command, std::move(resolved->driver),
                                 options.with_turn);
    plan->launch.stdin_bytes = inspection.first_bytes(plan->launch.stdin_bytes);
    const Visit visit(plan->launch, inspection, options);
    const auto& record = visit.record();
    if (record.stage != "ran") {
        findings.push_back(
            cannot_start(fmt::format("{}: {}", record.stage, std::strerror(record.error))));
        return findings;
    }
    std::optional<agent::Exit> exit;
    if (visit.has_lingered())
        exit = agent::Exit{.code = 0, .signal = {}, .terminated_by_us = true};
    else if (!visit.is_out_of_time())
        exit = agent::Exit{.code = record.exit_code,
                           .signal = record.signal,
                           .terminated_by_us = record.terminated};
    findings.push_back(first_line(visit));
    for (auto& finding : inspection.findings(exit)) findings.push_back(std::move(finding));
    findings.push_back(end_of(visit));
    return findings;
}

} // namespace agentcron::cli
