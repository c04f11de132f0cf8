#include "app.hpp"

#include "agent/environment.hpp"
#include "base/file_watch.hpp"
#include "base/log.hpp"
#include "base/service_notify.hpp"
#include "base/version.hpp"
#include "config/config.hpp"
#include "db/choose.hpp"
#include "db/cluster_watch.hpp"
#include "db/context_queries.hpp"
#include "db/listener.hpp"
#include "db/migrate.hpp"
#include "db/pg_outbox_store.hpp"
#include "db/pg_schedule_store.hpp"
#include "db/pg_task_store.hpp"
#include "engine/launch_settings.hpp"
#include "engine/leftovers.hpp"
#include "engine/outbox.hpp"
#include "engine/scheduler.hpp"
#include "engine/worker.hpp"
#include "process/cgroup.hpp"

#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <fstream>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace agentcron {
namespace fs = std::filesystem;
namespace {

// How long the last writes may take when the database is away.
constexpr base::Seconds goodbye_within{60};
constexpr base::Seconds partitions_every{6 * 3600};

std::string first_line(const fs::path& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

// When this machine started, from /proc/stat; the epoch if it does not say.
base::Instant booted_at() {
    std::ifstream in("/proc/stat");
    std::string word;
    std::int64_t seconds = 0;
    while (in >> word)
        if (word == "btime") in >> seconds;
    return base::Instant(base::Seconds(seconds));
}

std::string host_name() {
    char name[256] = "localhost";
    ::gethostname(name, sizeof name - 1);
    return name;
}

// As git writes it, which resolves every link.
fs::path workspace_root(const fs::path& state) {
    fs::create_directories(state / "workspaces");
    return fs::canonical(state / "workspaces");
}

void log_applied(const db::Applied& applied) {
    for (const auto& name : applied.inserted) spdlog::info("schedule added schedule={}", name);
    for (const auto& name : applied.changed) spdlog::info("schedule changed schedule={}", name);
    for (const auto& name : applied.disabled)
        spdlog::info("schedule disabled, it left the configuration schedule={}", name);
    for (const auto& name : applied.taken)
        spdlog::error("not applied: a row with source = sql has the name `{}`; rename one of them",
                      name);
}

class Daemon {
public:
    Daemon(const cli::DaemonOptions& options, const config::Config& config, fs::path state,
           db::OpenDatabase database)
        : options_(options)
        , state_(std::move(state))
        , database_(std::move(database))
        , signals_(loop_, SIGTERM, SIGINT, SIGHUP)
        , goodbye_timer_(loop_)
        , maintenance_timer_(loop_) {
        migrate();
        schedules_.emplace(loop_, database_.conninfo,
                           db::SchedulerIdentity{.host = host_name(),
                                                 .pid = ::getpid(),
                                                 .version = std::string(base::version()),
                                                 .booted_at = booted_at()},
                           nullptr, on_state("schedule"));
        if (!options_.config.empty()) {
            ++steps_to_ready_;
            apply(config, [this] { step_done(); });
        }
        if (options_.worker) build_worker(config);
        if (options_.scheduler) build_scheduler();
        listener_.emplace(loop_, database_.conninfo, std::vector<std::string>{"agentcron"},
                          [this](const std::string&, const std::string& hint) { on_hint(hint); });
        watch_configuration();
        if (database_.cluster) cluster_watch_.emplace(loop_, *database_.cluster);
    }

    int run() {
        wait_for_signal();
        if (worker_) start_worker();
        if (scheduler_) scheduler_->start();
        if (outbox_) outbox_->start();
        step_done();
        loop_.run();
        return 0;
    }

private:
    std::function<void(bool, std::string)> on_state(std::string what) {
        return [what = std::move(what), this](bool connected, const std::string& message) {
            db::log_state(what, connected, message);
            if (!connected || stopping_) return;
            if (worker_) worker_->reconnected();
            if (scheduler_) scheduler_->wake();
        };
    }

    void migrate() {
        db::Connection connection(database_.conninfo);
        db::migrate(connection, [](const db::Migration& migration) {
            spdlog::info("migration applied version={} name={}", migration.version, migration.name);
        });
        // In a cluster of somebody else's it is his to make.
        if (!database_.cluster) return;
        db::in_transaction(connection, [&](pqxx::work& tx) {
            connection.run(tx, "make_context_role", db::params());
        });
    }

    void build_worker(const config::Config& config) {
        const int cores = static_cast<int>(std::thread::hardware_concurrency());
        const int slots =
            options_.slots > 0 ? options_.slots : config.settings.slots.value_or(2 * cores);
        const db::WorkerIdentity identity{.id = first_line("/proc/sys/kernel/random/uuid"),
                                          .host = host_name(),
                                          .boot_id = first_line("/proc/sys/kernel/random/boot_id"),
                                          .pid = ::getpid(),
                                          .version = std::string(base::version()),
                                          .slots = slots};
        worker_directory_.emplace(state_ / "runs", identity.id);
        tasks_.emplace(loop_, database_.conninfo, identity, options_.lease_ttl, on_state("work"));
        const auto& context = config.settings.context;
        queries_.emplace(loop_, db::ContextQueries::Options{
                                    .conninfo = context.database.empty()
                                                    ? db::context_conninfo(database_.conninfo)
                                                    : db::complete_conninfo(context.database),
                                    .statement_timeout = context.statement_timeout,
                                    .bytes_max = context.max_size});
        auto launch = engine::launch_settings(worker_directory_->path());
        launch.context = &*queries_;
        launch.context_prompt_max = context.max_prompt;
        launch.workspace_root = workspace_root(state_);
        launch.workspaces_bytes_max = config.settings.workspaces_bytes_max;
        worker_.emplace(loop_, *tasks_, tasks_->workspaces(),
                        engine::WorkerSettings{.slots = slots,
                                               .lease_ttl = options_.lease_ttl,
                                               .launch = std::move(launch),
                                               .noted = [this] { noted(); }});
    }

    // A task changed from which something follows: schedulers look at once.
    void noted() {
        if (!scheduler_) return tasks_->announce("schedules");
        scheduler_->wake();
        outbox_->wake();
    }

    void build_scheduler() {
        scheduler_.emplace(loop_, clock_, *schedules_, [this] {
            // Due times may lie below the floor of the last claims.
            if (worker_) worker_->wake(true);
            outbox_->wake();
        });
        notifications_.emplace(loop_, database_.conninfo, on_state("outbox"));
        const auto settings = engine::launch_settings({});
        // As an agent that declares nothing has it: no password that the daemon was started with.
        sender_.emplace(loop_, clock_,
                        agent::build_environment({}, {},
                                                 {.daemon = settings.environment,
                                                  .env_file = {},
                                                  .driver = {},
                                                  .binary_directory = settings.binary_directory}));
        outbox_.emplace(loop_, *notifications_, *sender_);
    }

    void start_worker() {
        steps_to_ready_ += 2;
        tasks_->register_worker([this] { step_done(); });
        leftovers_.emplace(
            loop_, state_ / "runs", worker_directory_->path().filename(),
            engine::Leftovers::Handlers{
                .adopt =
                    [this](std::vector<engine::Remains> remains, engine::Leftovers::Refuse refuse) {
                        worker_->adopt(std::move(remains), [this, refuse](auto rest) {
                            refuse(std::move(rest));
                            if (!stopping_) worker_->start();
                            step_done();
                        });
                    },
                .ended =
                    [this](const task::DeadWorkers& dead) {
                        tasks_->end_leases_of(dead, [this] { worker_->rescue(); });
                    }});
        maintain();
    }

    // Ready: what the files declare is in the database, and every half that was asked for works.
    void step_done() {
        if (--steps_to_ready_ != 0 || stopping_) return;
        spdlog::info("ready scheduler={} worker={} database={}", options_.scheduler,
                     options_.worker, database_.cluster ? "private" : "configured");
        base::notify_ready("running");
    }

    // Daily partitions are made days ahead, so the pace does not matter.
    void maintain() {
        maintenance_timer_.expires_after(partitions_every);
        maintenance_timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            tasks_->ensure_partitions();
            maintain();
        });
    }

    void on_hint(const std::string& hint) {
        if (stopping_) return;
        const bool anew = hint == "reconnected";
        if (scheduler_ && (anew || hint == "schedules")) scheduler_->wake();
        if (outbox_ && (anew || hint == "schedules" || hint == "outbox")) outbox_->wake();
        if (!worker_) return;
        if (hint == "ready") worker_->wake();
        if (hint == "coming" || hint == "schedules") worker_->look_ahead();
        if (hint == "rules") worker_->settle();
        if (hint == "signal") worker_->look_for_signals();
        if (hint == "workspaces") worker_->look_at_workspaces();
        if (hint == "workers") worker_->look_for_rivals();
        if (anew) worker_->reconnected();
        if (hint.starts_with("watch:")) {
            std::int64_t task_id = 0;
            const auto number = std::string_view(hint).substr(6);
            std::from_chars(number.data(), number.data() + number.size(), task_id);
            tasks_->watch(task_id);
        }
    }

    void apply(const config::Config& config, std::function<void()> then) {
        schedules_->apply(config.agents, config.schedules, db::origin_of(options_.config),
                          [then = std::move(then)](const db::Applied& applied) {
                              log_applied(applied);
                              then();
                          });
    }

    void watch_configuration() {
        if (options_.config.empty()) return;
        file_watch_.emplace(loop_, options_.config, [this] { reload(); });
    }

    void reload() {
        if (options_.config.empty()) return;
        const auto config = config::load(options_.config);
        if (config) {
            spdlog::info("configuration read path={} schedules={}", options_.config.string(),
                         config->schedules.size());
            return apply(*config, [] {});
        }
        for (const auto& error : config.error()) spdlog::error("{}", error.text());
        spdlog::error("configuration not applied, the old one stays: repair it, it is read again");
    }

    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            if (error) return;
            if (signal == SIGHUP)
                reload();
            else
                stop(signal);
            wait_for_signal();
        });
    }

    // Ctrl-C ends everything, for nobody may start this again; a service is started again, and its
    // agents wait for that. Each further signal leaves less behind.
    void stop(int signal) {
        using engine::Stop;
        if (std::exchange(stopping_, true)) {
            if (!worker_) return;
            if (is_ending_) return worker_->hurry();
            return end_worker(Stop::end);
        }
        spdlog::info("stopping signal={}", signal);
        base::notify_stopping();
        if (scheduler_) scheduler_->stop();
        if (outbox_) outbox_->stop();
        if (cluster_watch_) cluster_watch_->stop();
        if (!worker_) return last_words();
        const auto otherwise = options_.drain ? Stop::drain : Stop::detach;
        end_worker(signal == SIGINT ? Stop::end : otherwise);
    }

    void end_worker(engine::Stop how) {
        is_ending_ = how == engine::Stop::end;
        if (how != engine::Stop::drain) {
            goodbye_timer_.expires_after(goodbye_within);
            goodbye_timer_.async_wait([this](const boost::system::error_code& error) {
                if (error) return;
                spdlog::error("the database did not take the last writes; leaving them to the next "
                              "start");
                loop_.stop();
            });
        }
        worker_->stop(how, [this] { tasks_->worker_stopped([this] { last_words(); }); });
    }

    void last_words() {
        schedules_->stopped([this] { loop_.stop(); });
    }

    // Members are destroyed from the last to the first: what works before what it works on.
    const cli::DaemonOptions options_;
    const fs::path state_;
    db::OpenDatabase database_;
    boost::asio::io_context loop_{1};
    base::SystemClock clock_;
    boost::asio::signal_set signals_;
    boost::asio::steady_timer goodbye_timer_;
    boost::asio::steady_timer maintenance_timer_;
    std::optional<db::ClusterWatch> cluster_watch_;
    std::optional<engine::WorkerDirectory> worker_directory_;
    std::optional<engine::Leftovers> leftovers_;
    std::optional<db::PgScheduleStore> schedules_;
    std::optional<db::PgTaskStore> tasks_;
    std::optional<db::ContextQueries> queries_;
    std::optional<engine::Worker> worker_;
    std::optional<engine::Scheduler> scheduler_;
    std::optional<db::PgOutboxStore> notifications_;
    std::optional<notify::Sender> sender_;
    std::optional<engine::Outbox> outbox_;
    std::optional<db::Listener> listener_;
    std::optional<base::FileWatch> file_watch_;
    int steps_to_ready_ = 1; // run() is one
    bool stopping_ = false;
    bool is_ending_ = false; // agents too
};

config::Config load_or_throw(const fs::path& path) {
    if (path.empty()) return {};
    auto config = config::load(path);
    if (config) return std::move(*config);
    std::string text;
    for (const auto& error : config.error()) text += (text.empty() ? "" : "\n") + error.text();
    throw config::ConfigError(text);
}

// What stands there may be on a disk that is read-only or full: who writes there finds that out.
void make_state_directory(const fs::path& state) {
    std::error_code error;
    fs::create_directories(state, error);
    if (error)
        throw std::runtime_error(fmt::format("cannot create the state directory {}: {}; choose "
                                             "another place with AGENTCRON_STATE_DIR",
                                             state.string(), error.message()));
}

} // namespace

int run_daemon(const cli::DaemonOptions& options) {
    base::set_up_log(options.log_level);
    process::enter_daemon_cgroup(); // before there is a child
    const auto config = load_or_throw(options.config);
    const auto environment = [](const char* name) -> const char* { return std::getenv(name); };
    const auto state = db::state_directory(environment, ::geteuid() == 0);
    make_state_directory(state);
    const auto choice =
        db::choose_database(options.database, config.settings.database, environment);
    auto database = db::open_database(
        choice, state, true, [](const std::string& progress) { spdlog::info("{}", progress); });
    return Daemon(options, config, state, std::move(database)).run();
}

} // namespace agentcron
