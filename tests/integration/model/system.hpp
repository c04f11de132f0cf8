// Two schedulers and two workers without their processes: the real stores on the real database.
// What the processes would decide, the test decides.
#pragma once

#include "db/pg_schedule_store.hpp"
#include "db/pg_task_store.hpp"
#include "integration/model/reference.hpp"
#include "support/fake_clock.hpp"
#include "support/test_cluster.hpp"

#include <array>
#include <map>

namespace agentcron::model {

enum class Who { first, second, both };

class System {
public:
    System();
    ~System();

    support::TestDatabase database;
    // What the schedulers take for now; the database has the real time.
    Second now() const;
    void set_clock(Second now) { clock_.set(base::Instant(base::Seconds(now))); }

    // Each runs to its end. `both`: at the same time. `alongside` is sent at the same time too.
    void tick(Who who);
    // How many were started.
    std::vector<task::Claimed> claim(Who who, int count, bool wide);
    std::vector<task::Claimed> tick_and_claim(int count);

    struct Running {
        task::Lease lease;
        std::vector<std::string> keys;
        int worker = 0;
    };
    std::map<std::int64_t, Running> running; // what the workers believe to hold, by task

    void finish(std::int64_t task, const std::string& status, const std::string& reason,
                std::optional<base::Millis> retry_after);
    void block(std::int64_t task, base::Millis pause); // by a limit of use
    void ask(std::int64_t task, const std::string& headline);
    void withdraw(std::int64_t task);
    void park(std::int64_t task);
    void deliver(int worker);
    void give_back(std::int64_t task);
    void crash(int worker);       // another one takes its place
    void end_leases_of_crashed(); // the dead are proven dead
    int rescue(int worker);
    // From when on the workers are said to have been there.
    void serve_since(Second since);

    std::string quoted(Second at) const; // as SQL
private:
    struct Worker {
        std::string id;
        std::unique_ptr<db::PgTaskStore> store;
    };
    void start_worker(int worker);
    void end(std::int64_t task, task::Finish finish);
    void until(const std::function<bool()>& holds);
    std::vector<task::Claimed> take(int worker, const task::ClaimReply& reply);
    db::PgTaskStore& store_of(std::int64_t task) {
        return *workers_[static_cast<std::size_t>(running.at(task).worker)].store;
    }
    // Runs the loop until the call has called back.
    template <class T>
    T wait(const std::function<void(std::function<void(T)>)>& call) {
        std::optional<T> got;
        call([&](T value) { got = std::move(value); });
        until([&] { return got.has_value(); });
        return std::move(*got);
    }

    support::FakeClock clock_;
    boost::asio::io_context loop_;
    std::array<std::unique_ptr<db::PgScheduleStore>, 2> schedulers_;
    std::array<Worker, 2> workers_;
    std::vector<std::string> crashed_;
    int workers_made_ = 0;
    Second served_since_ = 0;
};

} // namespace agentcron::model
