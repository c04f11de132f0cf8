#include "chaos/drive.hpp"

#include "chaos/account.hpp"
#include "chaos/nemesis.hpp"
#include "chaos/tables.hpp"
#include "chaos/workload.hpp"

#include <csignal>
#include <fstream>
#include <spdlog/fmt/fmt.h>

namespace agentcron::chaos {
namespace fs = std::filesystem;
namespace {

constexpr int plan_max = 100'000;

void run_plan(const Drive& drive, Nemesis& nemesis) {
    const auto began = std::chrono::steady_clock::now();
    for (const auto& step : make_plan(drive.seed, drive.lasts ? plan_max : drive.steps)) {
        if (drive.lasts && std::chrono::steady_clock::now() - began >= *drive.lasts) return;
        nemesis.take(step);
    }
}

} // namespace

std::vector<std::string> drive(const Drive& drive, const fs::path& keep) {
    History history;
    auto promises = drive.promises;
    {
        // In the site's folder, which it makes anew.
        const auto log = [&keep](const std::string& what) {
            std::ofstream(keep / "nemesis.log", std::ios::app)
                << fmt::format("{} {}\n", monotonic_now(), what);
        };
        Site site({.keep = keep, .log = log});
        promises.lease = site.settings().lease_s * Micros{1'000'000};
        site.start(0);
        site.start(1);
        site.until_they_know_each_other();
        Workload workload(site, history, drive.seed);
        workload.declare_schedules();
        Nemesis nemesis(site, history, [&workload] { workload.tick(); });
        run_plan(drive, nemesis);
        log("all is whole again");
        workload.settle();
        end_and_read(site, history);
    }
    return judge(history, promises, keep);
}

void end_and_read(Site& site, History& history) {
    for (const int daemon : {0, 1}) {
        if (!site.is_running(daemon)) continue;
        site.signal(daemon, SIGTERM);
        site.finish(daemon);
    }
    comes([&site] { return site.processes().empty(); }, base::Seconds(30));
    history.processes_left = site.processes();
    read_tables(site.client(), site.daemon_pids(), site.settings().keep, history);
    history.accounts = read_accounts(site.accounts());
}

std::vector<std::string> judge(const History& history, const Promises& promises,
                               const fs::path& keep) {
    const auto found = violations(history, promises);
    if (found.empty()) {
        fs::remove_all(keep);
        return found;
    }
    std::ofstream out(keep / "violations.txt");
    for (const auto& violation : found) out << violation << "\n";
    for (const auto& silence : history.silences)
        out << fmt::format("silence of {} from {} to {}\n", silence.daemon, silence.from,
                           silence.to);
    for (const auto& run : history.killed_shims)
        out << fmt::format("killed the shim of task {} run {}\n", run.first, run.second);
    return found;
}

} // namespace agentcron::chaos
