// Breaks a site, and makes it whole again before it returns. What it did goes into the history.
#pragma once

#include "chaos/plan.hpp"
#include "chaos/site.hpp"

namespace agentcron::chaos {

class Nemesis {
public:
    // `while_waiting` is called all the time that something is broken or calm.
    Nemesis(Site& site, History& history, std::function<void()> while_waiting)
        : site_(site), history_(history), while_waiting_(std::move(while_waiting)) {}

    void take(const Step& step);

private:
    void act(const Step& step);
    void wait(base::Millis time);
    void restart(int daemon, int signal, base::Millis away);
    void stop(int daemon, base::Millis time);
    void silence(int daemon, base::Millis time);
    void kill_shim(std::uint64_t chance);
    void outage();
    void fill_disk(int daemon);
    void restart_database(support::PostgresServer::Stop how, base::Millis away);
    base::Millis beyond_lease() const;

    Site& site_;
    History& history_;
    std::function<void()> while_waiting_;
};

} // namespace agentcron::chaos
