// Runs the queries of `context`: people's SQL, as a role of its own, so that it can do no more than
// that role may. The role logs in for each attempt: what a query sets or locks ends with it, and
// there is no other role to go back to. All queries of an attempt are in one transaction that is
// READ ONLY and rolled back. Each goes to the server as one statement with bound values, inside
// `select ... from (QUERY)`, so it can be nothing but a query.
//
// A few threads of its own: a slow query delays other queries, but no lease and no output.
#pragma once

#include "base/clock.hpp"
#include "db/connection.hpp"
#include "task/context_store.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <mutex>
#include <optional>
#include <set>

namespace agentcron::db {

// agentcron's own connection string with the role agentcron_context and without the password.
std::string context_conninfo(const std::string& own);

class ContextQueries final : public task::ContextStore {
public:
    struct Options {
        std::string conninfo; // completed
        base::Seconds statement_timeout{10};
        std::uint64_t bytes_max = 16 << 20; // of all results of an attempt
    };

    ContextQueries(boost::asio::io_context& loop, Options options);
    // Ends the queries that run.
    ~ContextQueries() override;

    std::shared_ptr<void> read(std::vector<task::ContextQuery> queries,
                               std::function<void(Rows)> then) override;

private:
    class Running;
    Rows run(const std::vector<task::ContextQuery>& queries);

    boost::asio::io_context& loop_;
    const Options options_;
    std::mutex mutex_; // guards the next two
    bool stopping_ = false;
    std::set<pqxx::connection*> running_;
    std::optional<boost::asio::thread_pool> threads_; // from the first query on
};

} // namespace agentcron::db
