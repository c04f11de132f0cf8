#include "chaos/nemesis.hpp"

#include "chaos/tables.hpp"

#include <algorithm>
#include <csignal>
#include <poll.h>
#include <spdlog/fmt/fmt.h>

namespace agentcron::chaos {
namespace {

constexpr base::Millis moment{2000}; // no lease of a site runs out within it
constexpr base::Millis no_time{0};

} // namespace

void Nemesis::take(const Step& step) {
    wait(base::Millis(step.calm_before_ms));
    site_.settings().log(fmt::format("{} ({})", name_of(step.fault), Site::name_of(step.daemon)));
    act(step);
}

void Nemesis::act(const Step& step) {
    using Stop = support::PostgresServer::Stop;
    switch (step.fault) {
    case Fault::kill_daemon: return restart(step.daemon, SIGKILL, no_time);
    case Fault::kill_daemon_long: return restart(step.daemon, SIGKILL, beyond_lease());
    case Fault::end_daemon: return restart(step.daemon, SIGTERM, no_time);
    case Fault::stop_daemon: return stop(step.daemon, moment);
    case Fault::stop_daemon_long: return stop(step.daemon, beyond_lease());
    case Fault::cut:
        for (const int server : {0, 1}) site_.proxy(step.daemon, server).cut();
        return;
    case Fault::silence: return silence(step.daemon, moment);
    case Fault::silence_long: return silence(step.daemon, beyond_lease());
    case Fault::kill_shim: return kill_shim(step.chance);
    case Fault::terminate_backends:
        site_.client().rows("select pg_terminate_backend(pid) from pg_stat_activity "
                            "where application_name = 'agentcron'");
        return;
    case Fault::restart_fast: return restart_database(Stop::fast, no_time);
    case Fault::restart_immediate: return restart_database(Stop::immediate, no_time);
    case Fault::outage_long: return outage();
    case Fault::fill_disk: return fill_disk(step.daemon);
    case Fault::fail_over: return site_.fail_over();
    }
}

void Nemesis::wait(base::Millis time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
        while_waiting_();
        ::poll(nullptr, 0, 100);
    }
}

base::Millis Nemesis::beyond_lease() const {
    return base::Seconds(site_.settings().lease_s) + moment;
}

void Nemesis::restart(int daemon, int signal, base::Millis away) {
    Silence silence{Site::name_of(daemon), monotonic_now(), 0, true};
    site_.signal(daemon, signal);
    site_.finish(daemon);
    wait(away);
    site_.start(daemon);
    silence.to = monotonic_now();
    history_.silences.push_back(silence);
    site_.until_they_know_each_other();
}

void Nemesis::stop(int daemon, base::Millis time) {
    Silence silence{Site::name_of(daemon), monotonic_now(), 0};
    site_.signal(daemon, SIGSTOP);
    wait(time);
    site_.signal(daemon, SIGCONT);
    silence.to = monotonic_now();
    history_.silences.push_back(silence);
}

void Nemesis::silence(int daemon, base::Millis time) {
    Silence silence{Site::name_of(daemon), monotonic_now(), 0};
    for (const int server : {0, 1}) site_.proxy(daemon, server).go_silent();
    wait(time);
    for (const int server : {0, 1}) site_.proxy(daemon, server).speak();
    silence.to = monotonic_now();
    history_.silences.push_back(silence);
}

// One that has ended meanwhile is none the worse for it.
void Nemesis::kill_shim(std::uint64_t chance) {
    const auto shims = site_.shims();
    if (shims.empty()) return;
    const auto victim = shims[chance % shims.size()];
    const auto pidfd = base::open_pidfd(victim.first);
    // The pid may have been another's by then.
    const auto still = site_.shims();
    if (!pidfd || std::count(still.begin(), still.end(), victim) == 0) return;
    history_.killed_shims.push_back(victim.second);
    base::send_signal(pidfd, SIGKILL);
}

void Nemesis::restart_database(support::PostgresServer::Stop how, base::Millis away) {
    site_.primary().stop(how);
    wait(away);
    site_.primary().start();
}

// The proxies go on taking connections for it: to each daemon that looks as if the network failed
// it alone, so where another one lives its leases are worth nothing any more.
void Nemesis::outage() {
    const auto from = monotonic_now();
    restart_database(support::PostgresServer::Stop::fast, beyond_lease());
    for (const int daemon : {0, 1})
        history_.silences.push_back({Site::name_of(daemon), from, monotonic_now()});
}

// Agents that write wait meanwhile, and what cannot be started is given back.
void Nemesis::fill_disk(int daemon) {
    auto* const disk = site_.disk(daemon);
    if (!disk) return;
    disk->fill();
    wait(moment);
    disk->make_room();
}

} // namespace agentcron::chaos
