#include "base/text.hpp"
#include "base/version.hpp"
#include "cli/commands.hpp"
#include "cli/config_path.hpp"
#include "cli/database.hpp"
#include "cli/doctor_clock.hpp"
#include "cli/doctor_machine.hpp"
#include "cli/doctor_runs.hpp"
#include "cli/doctor_server.hpp"
#include "cli/doctor_storage.hpp"
#include "cli/doctor_work.hpp"
#include "cli/errors.hpp"
#include "cli/json_text.hpp"
#include "cli/rows.hpp"
#include "cron/zone_cache.hpp"
#include "db/migrate.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <map>
#include <memory>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

namespace agentcron::cli {
namespace fs = std::filesystem;
namespace {

constexpr int clock_samples = 5;
constexpr int partition_days_ahead = 3; // daemons make them four days ahead, every six hours
constexpr int heard_within_ms = 2000;
constexpr int exit_unreachable = 3;

struct DoctorOptions {
    bool fix = false;
    std::string long_transaction = "5m";
};

// Looks from the outside inwards: what a check needs was looked at before it.
class Doctor {
public:
    Doctor(const Invocation& invocation, bool fix, base::Seconds long_transaction)
        : invocation_(invocation)
        , fix_(fix)
        , long_transaction_(long_transaction)
        , state_(
              db::state_directory([](const char* name) -> const char* { return std::getenv(name); },
                                  ::geteuid() == 0)) {}

    // Gives the exit code.
    int run() {
        const bool is_reached = look_at_database();
        look_at_machine();
        if (!is_reached) return exit_unreachable;
        return has_failed(findings_) ? 1 : 0;
    }
    const Findings& findings() const { return findings_; }

private:
    bool look_at_database() {
        const auto from = choose_database(invocation_).from;
        const auto unreachable = [&](const std::string& message, std::string advice) {
            add({{"server", State::failed, base::one_line(message, 500), std::move(advice)}});
            database_.reset();
            return false;
        };
        try {
            database_.emplace(open_any_database(invocation_));
            look_at_server();
            has_tables_ = look_at_schema();
            if (has_tables_) look_at_tables();
            return true;
        } catch (const db::Unreachable& error) {
            return unreachable(error.what(), advice_for_unreachable(error.what(), from));
        } catch (const db::ClusterError& error) { // it says what to do
            return unreachable(error.what(), "");
        }
    }

    void look_at_server() {
        look("server", [&] {
            const auto offset = offset_of(ask_for_the_time());
            auto findings = judge_server(query("doctor_server"), offset.round_trip_s);
            findings.push_back(judge_clock(offset));
            return findings;
        });
        look("sessions", [&] { return judge_sessions(query("doctor_sessions")); });
        look("notify", [&] {
            const auto use = Facts(query("doctor_limits"), 0).number("notification_use");
            return judge_notify(hears_itself(), use);
        });
        look("role", [&] { return judge_role(query("doctor_role")); });
    }

    // Whether the tables are those that this binary knows.
    bool look_at_schema() {
        bool is_current = false;
        look("schema", [&]() -> Findings {
            auto& connection = (*database_)->connection();
            try {
                db::require_current_schema(connection);
            } catch (const db::SchemaError& error) {
                return {{"schema", State::failed, error.what(), ""},
                        {"tables", State::unknown, "not looked at, for the schema is another", ""}};
            }
            is_current = true;
            Findings findings{{"schema", State::ok,
                               fmt::format("version {}, as this agentcron {} needs it",
                                           db::known_migrations().size(), base::version()),
                               ""}};
            for (auto& drift : judge_drift(db::expected_schema(), db::read_schema(connection)))
                findings.push_back(std::move(drift));
            return findings;
        });
        return is_current;
    }

    void look_at_tables() {
        const bool has_context_elsewhere =
            !invocation_.config.empty() &&
            !load_config(invocation_.config).settings.context.database.empty();
        const auto version = base::version();
        look("context", [&] {
            return judge_context_role(query("doctor_context_role"), has_context_elsewhere);
        });
        look("zones", [&] { return look_at_zones(); });
        look("workers", [&] { return judge_workers(query("doctor_workers"), version); });
        look("schedulers", [&] { return judge_schedulers(query("doctor_schedulers"), version); });
        look("schedules", [&] { return judge_schedules(query("doctor_schedules")); });
        look("queue", [&] { return judge_queue(query("doctor_queue")); });
        look("queue", [&] { return judge_machines(query("doctor_machines")); });
        look("places", [&] { return judge_places(query("doctor_places")); });
        look("leases", [&] { return judge_leases(query("doctor_leases")); });
        look("blocked", [&] { return judge_blocked(query("doctor_blocked")); });
        look("alarms", [&] { return judge_alarms(query("doctor_alarms")); });
        look("outbox", [&] { return judge_outbox(query("doctor_outbox")); });
        look("partitions", [&] { return look_at_partitions(); });
        look("vacuum", [&] { return judge_vacuum(query("doctor_vacuum")); });
        look("horizon",
             [&] { return judge_horizon(query("doctor_horizon", db::params(long_transaction_))); });
        look("ids", [&] { return judge_limits(query("doctor_limits")); });
    }

    void look_at_machine() {
        auto facts = look_at_state(state_);
        if (fix_ && facts.runs_mode && (*facts.runs_mode & 0077) != 0 && close_runs(state_)) {
            facts = look_at_state(state_);
            add({{"state", State::fixed, "the run directories are private again", ""}});
        }
        add(judge_state(facts));
        if (facts.exists) look("runs", [&] { return look_at_run_directories(); });
    }

    std::vector<ClockSample> ask_for_the_time() {
        std::vector<ClockSample> samples;
        const base::SystemClock clock;
        auto& connection = (*database_)->connection();
        pqxx::nontransaction tx(connection.raw()); // so that an answer takes one round trip
        for (int i = 0; i < clock_samples; ++i) {
            const auto sent = clock.now();
            const auto answer = connection.run(tx, "doctor_clock", db::params());
            const auto received = clock.now();
            const std::chrono::duration<double> server(std::stod(db::text_of(answer[0][0])));
            samples.push_back(
                {sent, base::Instant(std::chrono::duration_cast<base::Instant::duration>(server)),
                 received});
        }
        return samples;
    }

    bool hears_itself() {
        auto& client = *database_->client;
        const auto channel = fmt::format("agentcron_doctor_{}", ::getpid());
        client.listen(channel);
        client.query("doctor_notify", db::params(channel));
        if (!client.notifications().empty()) return true;
        pollfd readable{client.descriptor(), POLLIN, 0};
        ::poll(&readable, 1, heard_within_ms);
        return !client.notifications().empty();
    }

    Findings look_at_zones() {
        std::ifstream file(fs::path(cron::zoneinfo_directory) / "tzdata.zi");
        std::string line;
        std::getline(file, line);
        const auto now = std::chrono::floor<std::chrono::seconds>(base::SystemClock().now());
        cron::ZoneCache zones;
        return judge_zones(
            query("doctor_zones", db::params(base::Instant(now))), now,
            [&](std::string_view name) { return zones.load(name); }, zone_data_version(line));
    }

    Findings look_at_partitions() {
        const auto ask = [&] {
            return query("doctor_partitions", db::params(partition_days_ahead));
        };
        const auto before = ask();
        const auto missing = Facts(before, 0).text("missing");
        if (!fix_ || missing.empty()) return judge_partitions(before);
        query("ensure_output_partitions");
        auto findings = judge_partitions(ask());
        findings.insert(findings.begin(),
                        {"partitions", State::fixed, "made those of " + missing, ""});
        return findings;
    }

    Findings look_at_run_directories() {
        auto look = look_at_runs(state_ / "runs", fix_);
        const auto known = known_runs(look.left);
        std::int64_t removable = 0, removed = 0;
        std::erase_if(look.left, [&](const Run& run) {
            std::optional<KnownRun> its;
            if (run.name)
                if (const auto found = known.find({run.name->task_id, run.name->run_no});
                    found != known.end())
                    its = found->second;
            if (!may_be_removed(run, its)) return false;
            const bool is_gone = fix_ && remove_run(run);
            ++(is_gone ? removed : removable);
            return is_gone;
        });
        auto findings = judge_runs(look, removable);
        if (removed > 0)
            findings.insert(findings.begin(),
                            {"runs", State::fixed,
                             removed == 1
                                 ? std::string("removed the directory of an ended run")
                                 : fmt::format("removed {} directories of ended runs", removed),
                             ""});
        return findings;
    }

    // By task and run; empty where the database cannot be asked.
    std::map<std::pair<std::int64_t, std::int64_t>, KnownRun>
    known_runs(const std::vector<Run>& runs) {
        std::map<std::pair<std::int64_t, std::int64_t>, KnownRun> known;
        std::vector<std::int64_t> ids;
        for (const auto& run : runs)
            if (run.name && !run.name->is_ahead) ids.push_back(run.name->task_id);
        if (ids.empty() || !database_ || !has_tables_) return known;
        const auto rows = query("doctor_ended", db::params(db::array_text(ids)));
        for (std::size_t row = 0; row < rows.rows.size(); ++row) {
            const Facts facts(rows, row);
            known[{facts.count("task_id"), facts.count("run_no")}] = {
                facts.is_true("ended"), static_cast<std::uint64_t>(facts.count("spool_offset"))};
        }
        return known;
    }

    db::Table query(std::string_view statement, const db::Params& params = {}) {
        return (*database_)->query(statement, params);
    }

    void add(Findings findings) {
        for (auto& finding : findings) findings_.push_back(std::move(finding));
    }

    // A question that PostgreSQL refuses is a finding; the other checks go on.
    template <class Fn>
    void look(std::string_view what, Fn fn) {
        const auto refused = [&](std::string_view message) {
            add({{std::string(what), State::failed, base::one_line(message, 500),
                  "PostgreSQL refused to say: see role"}});
        };
        try {
            add(fn());
        } catch (const db::Refused& error) {
            refused(error.what());
        } catch (const pqxx::failure& error) { // of what is no statement of the client's
            if (db::is_connection_lost(error, (*database_)->connection().raw()))
                throw db::Unreachable(error.what());
            refused(error.what());
        }
    }

    const Invocation& invocation_;
    const bool fix_;
    const base::Seconds long_transaction_;
    const fs::path state_;
    std::optional<Database> database_;
    bool has_tables_ = false; // those that this binary knows
    Findings findings_;
};

} // namespace

void add_doctor(CLI::App& app, Invocation& invocation) {
    auto& command = add_command(
        app, "Look", "doctor",
        "Look whether all is well: database, schema, clocks, disk, workers, queue, ...",
        "  agentcron doctor                 what is wrong, and what to do about it\n"
        "  agentcron doctor --fix           also mends what loses nothing and ends nobody\n"
        "  agentcron doctor --json | jq '.findings[] | select(.state != \"ok\")'\n"
        "Run it on a worker's machine and as its user: directories are looked at where it runs.\n"
        "Exit code 0: nothing failed, 1: something did, 3: the database cannot be reached.\n");
    auto options = std::make_shared<DoctorOptions>();
    command.add_flag("--fix", options->fix,
                     "Make missing partitions, remove directories of ended runs, close open ones");
    command
        .add_option("--long-transaction", options->long_transaction,
                    "How long a transaction may be open before it is told of")
        ->option_text("DURATION")
        ->capture_default_str();
    set_action(command, invocation, [&invocation, options] {
        const auto long_transaction = base::parse_duration(options->long_transaction);
        if (!long_transaction) throw UsageError("--long-transaction: " + long_transaction.error());
        Doctor doctor(invocation, options->fix, *long_transaction);
        const int exit_code = doctor.run();
        if (invocation.json)
            write_out(compact(boost::json::object{{"ok", exit_code == 0},
                                                  {"findings", findings_json(doctor.findings())}}) +
                      "\n");
        else
            print_findings(doctor.findings());
        return exit_code;
    });
}

} // namespace agentcron::cli
