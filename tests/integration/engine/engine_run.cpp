#include "integration/engine/engine_run.hpp"

#include "base/read_file.hpp"
#include "base/timestamps.hpp"
#include "base/version.hpp"
#include "db/context_queries.hpp"
#include "db/listener.hpp"
#include "db/pg_schedule_store.hpp"
#include "db/pg_task_store.hpp"
#include "engine/leftovers.hpp"
#include "engine/scheduler.hpp"
#include "engine/worker.hpp"
#include "support/catch.hpp"
#include "support/fake_clock.hpp"

#include <fstream>
#include <iterator>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace agentcron::engine {
namespace fs = std::filesystem;
namespace {

constexpr base::Seconds limit{60};
const auto booted_at = *base::from_rfc3339("2026-01-01T00:00:00Z");
constexpr base::Millis look_every{5};

struct SchedulerPart {
    SchedulerPart(boost::asio::io_context& loop, const std::string& conninfo,
                  const base::Clock& clock, const base::Clock* due_clock,
                  std::function<void()> ready)
        : store(loop, conninfo,
                {.host = "here",
                 .pid = ::getpid(),
                 .version = std::string(base::version()),
                 .booted_at = booted_at},
                due_clock, nullptr)
        , scheduler(loop, clock, store, std::move(ready)) {}
    db::PgScheduleStore store;
    Scheduler scheduler;
};

struct WorkerPart {
    WorkerPart(boost::asio::io_context& loop, const std::string& conninfo,
               const db::WorkerIdentity& identity, const fs::path& runs, WorkerSettings settings)
        : id(identity.id)
        , run_directory(runs, id)
        , store(loop, conninfo, identity, settings.lease_ttl,
                [this](bool connected, const std::string&) {
                    if (connected) worker.reconnected();
                })
        , queries(loop, {.conninfo = db::context_conninfo(conninfo)})
        , worker(loop, store, store.workspaces(), with_root(std::move(settings)))
        , leftovers(loop, runs, id,
                    {.adopt =
                         [this](std::vector<Remains> remains, Leftovers::Refuse refuse) {
                             worker.adopt(std::move(remains), [this, refuse](auto rest) {
                                 refuse(std::move(rest));
                                 worker.start();
                             });
                         },
                     .ended =
                         [this](const task::DeadWorkers& dead) {
                             store.end_leases_of(dead, [this] { worker.rescue(); });
                         }}) {}
    WorkerSettings with_root(WorkerSettings settings) {
        settings.launch.run_root = run_directory.path();
        settings.launch.context = &queries;
        return settings;
    }
    std::string id;
    WorkerDirectory run_directory;
    db::PgTaskStore store;
    db::ContextQueries queries;
    Worker worker;
    Leftovers leftovers;
};

std::string new_uuid() {
    std::ifstream in("/proc/sys/kernel/random/uuid");
    std::string uuid;
    std::getline(in, uuid);
    return uuid;
}

fs::path make_directory() {
    std::string pattern = (fs::temp_directory_path() / "agentcron-engine-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
}

} // namespace

struct EngineRun::Parts {
    explicit Parts(EngineRun& run)
        : runs(run.directory / "runs")
        , listener(loop, run.database.conninfo(), {"agentcron"},
                   [this](const std::string&, const std::string& hint) { heard(hint); }) {}

    void heard(const std::string& hint) {
        const bool anew = hint == "reconnected";
        listening |= anew;
        if (hint == "schedules" || anew)
            for (const auto& part : schedulers) part->scheduler.wake();
        for (const auto& part : workers) {
            if (!part) continue;
            if (hint == "ready") part->worker.wake();
            if (hint == "coming" || hint == "schedules") part->worker.look_ahead();
            if (hint == "rules") part->worker.settle();
            if (hint == "signal") part->worker.look_for_signals();
            if (hint == "workspaces") part->worker.look_at_workspaces();
            if (hint == "workers") part->worker.look_for_rivals();
            if (anew) part->worker.reconnected();
        }
    }
    void turn() {
        loop.restart();
        loop.run_for(look_every);
    }

    fs::path runs;
    boost::asio::io_context loop;
    base::SystemClock clock;
    support::FakeClock fake_clock;
    bool faked = false;
    std::vector<std::unique_ptr<SchedulerPart>> schedulers;
    std::vector<std::unique_ptr<WorkerPart>> workers;
    std::unique_ptr<Leftovers> leftovers;
    bool listening = false;
    db::Listener listener;
};

EngineRun::EngineRun() : directory(make_directory()), parts_(std::make_unique<Parts>(*this)) {
    spdlog::set_level(std::getenv("AGENTCRON_TEST_LOG") ? spdlog::level::debug
                                                        : spdlog::level::off);
    until([this] { return parts_->listening; }, "the listener");
}

EngineRun::~EngineRun() {
    try {
        for (const auto& part : parts_->schedulers) part->scheduler.stop();
        for (std::size_t i = 0; i < parts_->workers.size(); ++i) {
            if (!parts_->workers[i]) continue;
            parts_->workers[i]->worker.hurry();
            stop_worker(i);
        }
        end_leftovers();
    } catch (...) {
        // A case that failed: what still runs is named by its run directory.
    }
    parts_.reset();
    std::error_code ignored;
    fs::remove_all(directory, ignored);
}

void EngineRun::start_scheduler() {
    auto part =
        std::make_unique<SchedulerPart>(parts_->loop, database.conninfo(), parts_->clock,
                                        parts_->faked ? &parts_->fake_clock : nullptr, [this] {
                                            for (const auto& worker : parts_->workers)
                                                if (worker) worker->worker.wake(true);
                                        });
    part->scheduler.start();
    parts_->schedulers.push_back(std::move(part));
}

void EngineRun::set_time(base::Instant now) {
    parts_->faked = true;
    parts_->fake_clock.set(now);
    if (parts_->schedulers.empty()) return;
    wake("schedules");
    until_value(fmt::format("select count(*) from agentcron.schedules where planned_rev <> rev or "
                            "next_fire_at <= '{}'",
                            base::to_rfc3339(now)),
                "0");
}

std::size_t EngineRun::start_worker(WorkerOptions options) {
    const db::WorkerIdentity identity{.id = new_uuid(),
                                      .host = options.host,
                                      .boot_id = "this one",
                                      .pid = ::getpid(),
                                      .version = std::string(base::version()),
                                      .slots = options.slots};
    WorkerSettings settings;
    settings.slots = options.slots;
    settings.lease_ttl = options.lease_ttl;
    settings.warm_linger = base::Millis(0);
    settings.launch.shim = AGENTCRON_BINARY_DIR "/agentcron-shim";
    settings.launch.binary_directory = AGENTCRON_BINARY_DIR;
    settings.launch.default_directory = directory;
    settings.launch.workspace_root = directory / "workspaces";
    settings.launch.workspaces_bytes_max = options.workspaces_bytes_max;
    settings.launch.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
    settings.launch.account = "user me on host h";
    settings.noted = [this] {
        for (const auto& scheduler : parts_->schedulers) scheduler->scheduler.wake();
    };
    parts_->workers.push_back(std::make_unique<WorkerPart>(
        parts_->loop, database.conninfo(), identity, parts_->runs, std::move(settings)));
    auto& part = *parts_->workers.back();
    part.store.register_worker([] {});
    return parts_->workers.size() - 1;
}

void EngineRun::stop_worker(std::size_t worker, Stop how) {
    stop_worker_after(
        worker, [] {}, how);
}

void EngineRun::stop_worker_after(std::size_t worker, const std::function<void()>& meanwhile,
                                  Stop how) {
    auto& part = parts_->workers.at(worker);
    bool stopped = false;
    part->worker.stop(how, [&] { part->store.worker_stopped([&] { stopped = true; }); });
    until(
        [&] {
            meanwhile();
            return stopped;
        },
        "the worker's end");
    part.reset();
}

void EngineRun::crash_worker(std::size_t worker) {
    parts_->workers.at(worker).reset();
}

void EngineRun::leave(std::size_t worker, Leave how) {
    if (how == Leave::by_crash)
        crash_worker(worker);
    else
        stop_worker(worker, Stop::detach);
}

void EngineRun::end_leftovers() {
    parts_->leftovers = std::make_unique<Leftovers>(
        parts_->loop, parts_->runs, "",
        Leftovers::Handlers{
            .adopt = [](std::vector<Remains> remains,
                        const Leftovers::Refuse& refuse) { refuse(std::move(remains)); },
            .ended = [](const task::DeadWorkers&) {}});
    until([this] { return processes_below(parts_->runs) == 0; }, "the leftovers' end");
}

std::string EngineRun::worker_id(std::size_t worker) const {
    return parts_->workers.at(worker)->id;
}

void EngineRun::until(const std::function<bool()>& holds, const std::string& what) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= deadline) FAIL("did not come: " << what);
        parts_->turn();
    }
}

void EngineRun::until_value(const std::string& sql, const std::string& expected) {
    std::string last;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while ((last = database.value(sql)) != expected) {
        if (std::chrono::steady_clock::now() >= deadline)
            FAIL(sql << "\nis `" << last << "`, not `" << expected << "`");
        parts_->turn();
    }
}

void EngineRun::until_status(std::int64_t task, const std::string& status) {
    until_value("select status from agentcron.tasks where id = " + std::to_string(task), status);
}

void EngineRun::until_planned() {
    until_value("select count(*) from agentcron.schedules where planned_rev <> rev", "0");
}

void EngineRun::agent(const std::string& name, const std::string& driver, const std::string& script,
                      const std::string& config) {
    database.execute(fmt::format(
        "insert into agentcron.agents (name, driver, config) values ('{}', '{}', "
        "jsonb_build_object('command', jsonb_build_array('/bin/sh', '-c', $script${}$script$)) "
        "|| '{}')",
        name, driver, script, config));
}

std::int64_t EngineRun::enqueue(const std::string& agent, const std::string& prompt,
                                const std::string& options) {
    return std::stoll(database.value(fmt::format(
        "select agentcron.enqueue('{}', $prompt${}$prompt$, options => $options${}$options$)",
        agent, prompt, options)));
}

void EngineRun::due_schedule(const std::string& name, const std::string& agent,
                             const std::string& columns, const std::string& values) {
    // Made an hour ago with a period of an hour: exactly one fire time lies in this hour.
    database.execute(fmt::format(
        "insert into agentcron.schedules (name, agent, cron, created_at{}) "
        "values ('{}', '{}', '@every 1h', date_trunc('second', now()) - interval '1 hour'{})",
        columns.empty() ? "" : ", " + columns, name, agent, values.empty() ? "" : ", " + values));
    until_planned();
    database.execute(fmt::format("update agentcron.schedules set next_fire_at = created_at + "
                                 "interval '1 hour' where name = '{}'",
                                 name));
    wake("schedules");
}

void EngineRun::wake(const std::string& what) {
    database.execute(fmt::format("select agentcron.wake('{}')", what));
}

void EngineRun::look_for_signals() {
    for (const auto& part : parts_->workers) {
        if (!part) continue;
        part->worker.look_for_signals();
        // Jobs of one session run in order: when this one is done, so is the look.
        bool done = false;
        part->store.signals([&](const auto&) { done = true; });
        until([&] { return done; }, "a look for signals");
    }
}

std::string EngineRun::answer(std::int64_t task, const std::string& text) {
    return database.refusal(
        fmt::format("select agentcron.answer({}, $answer${}$answer$)", task, text));
}

std::string EngineRun::task(std::int64_t id, const std::string& column) {
    return database.value(fmt::format("select {} from agentcron.tasks where id = {}", column, id));
}

std::string EngineRun::output(std::int64_t task, const std::string& stream) {
    return database.bytes(fmt::format("select body from agentcron.output where task_id = {} and "
                                      "stream = '{}' order by run_no, seq",
                                      task, stream));
}

std::string EngineRun::file(const std::string& name) const {
    std::ifstream in(directory / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void EngineRun::write(const std::string& name, const std::string& text) const {
    std::ofstream(directory / name, std::ios::binary) << text;
}

std::size_t processes_below(const fs::path& directory) {
    const std::string variable = "AGENTCRON_SOCKET=" + directory.string() + "/";
    std::size_t found = 0;
    std::error_code gone;
    for (const auto& entry : fs::directory_iterator("/proc", gone)) {
        if (std::atoi(entry.path().filename().c_str()) <= 0) continue;
        const auto environment = base::read_file(entry.path() / "environ").value_or("");
        found += environment.find(variable) != std::string::npos;
    }
    return found;
}

long own_status_kib(const std::string& field) {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(field + ":")) return std::stol(line.substr(field.size() + 1));
    return -1;
}

} // namespace agentcron::engine
