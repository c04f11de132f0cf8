// What earlier workers of this machine left, on its way to this one. Where a shim does not answer
// (it is stopped, or waits for space on the disk), its attempt keeps its lease and is tried again.
// Owned by the worker; loop thread.
#pragma once

#include "base/backoff.hpp"
#include "engine/attempt.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace agentcron::engine {

class Takeovers {
public:
    // Makes an attempt of it; nullopt, or why that cannot be.
    using TakeOver = std::function<std::optional<Attempt::NotTakenOver>(const Remains&,
                                                                        const task::LeaseTerm&)>;
    using Refuse = std::function<void(std::vector<Remains>)>;
    Takeovers(boost::asio::io_context& loop, task::TaskStore& store, TakeOver take_over);

    // Once. `refuse` gets those of which nothing may follow: their lease is lost, or they cannot be
    // read; the first time also where there are none, then whenever there is another.
    void begin(std::vector<Remains> remains, Refuse refuse);
    void stop(); // what is silent is left to the next start

    // Of the silent ones, which are to be renewed too.
    std::vector<task::Lease> leases() const;
    int count() const { return static_cast<int>(silent_.size()); }
    void lease_lost(const std::string& token);

private:
    void known(std::vector<Remains> remains, const task::Adoption& adoption);
    void try_again();

    task::TaskStore& store_;
    const TakeOver take_over_;
    Refuse refuse_;
    std::vector<Remains> silent_;
    base::Backoff backoff_;
    boost::asio::steady_timer timer_;
    std::minstd_rand random_{std::random_device{}()};
};

} // namespace agentcron::engine
