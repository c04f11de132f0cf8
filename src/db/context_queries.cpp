#include "db/context_queries.hpp"

#include "base/signals_blocked.hpp"
#include "base/text.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <spdlog/fmt/fmt.h>

namespace agentcron::db {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t threads = 4;
constexpr int rows_at_once = 1000;
constexpr const char* begin = "begin isolation level repeatable read read only";

// For people; caught in this file.
struct QueryFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// "ERROR:  relation "x" does not exist\nLINE 2: ..." without the excerpt.
std::string first_line(std::string_view message) {
    constexpr std::string_view severity = "ERROR:";
    message = base::trim(message);
    if (message.starts_with(severity)) message = base::trim(message.substr(severity.size()));
    return std::string(message.substr(0, message.find('\n')));
}

std::string words_for(const pqxx::sql_error& error, const ContextQueries::Options& options) {
    if (error.sqlstate() == "57014")
        return fmt::format("took longer than {} (`context: {{statement_timeout: ...}}`)",
                           base::format_duration(options.statement_timeout));
    auto words = first_line(error.what());
    // libpqxx 6 leaves the SQLSTATE out of this one.
    if (dynamic_cast<const pqxx::insufficient_privilege*>(&error))
        words += "; grant it to the role that context's queries run as";
    return words;
}

// The statement inside is a query and nothing else: its end is the parenthesis, also behind a
// comment.
std::string cursor_of(std::string_view query) {
    query = base::trim(query);
    while (query.ends_with(';')) query = base::trim(query.substr(0, query.size() - 1));
    return fmt::format("declare context no scroll cursor for select row_to_json(q)::text from (\n"
                       "{}\n) q",
                       query);
}

class Reader {
public:
    Reader(pqxx::connection& connection, const ContextQueries::Options& options)
        : transaction_(connection), options_(options), bytes_left_(options.bytes_max) {
        transaction_.exec(begin);
    }

    std::string rows(const task::BoundQuery& query) {
        const auto ends = steady_clock::now() + options_.statement_timeout;
        limit(ends);
        transaction_.exec_params(cursor_of(query.sql),
                                 pqxx::prepare::make_dynamic_params(query.values));
        std::string json = "[";
        for (bool more = true; more;) {
            limit(ends);
            const auto rows = transaction_.exec(fmt::format("fetch {} from context", rows_at_once));
            more = rows.size() == rows_at_once;
            for (const auto& row : rows) add(row[0], json);
        }
        transaction_.exec("close context");
        return json + "]";
    }

private:
    // Set before each statement: the one before may have changed it.
    void limit(steady_clock::time_point ends) {
        const auto left = std::chrono::ceil<base::Millis>(ends - steady_clock::now());
        transaction_.exec(
            fmt::format("set local statement_timeout = {}", std::max<long>(left.count(), 1)));
    }

    void add(const pqxx::field& row, std::string& json) {
        if (row.size() + 3 > bytes_left_)
            throw QueryFailed(fmt::format(
                "the results are larger than the {} bytes of `context: {{max_size: ...}}`; "
                "fewer rows or columns, or a limit, make them smaller",
                options_.bytes_max));
        bytes_left_ -= row.size() + 3;
        if (json.size() > 1) json += ",\n ";
        json.append(row.c_str(), row.size());
    }

    pqxx::nontransaction transaction_;
    const ContextQueries::Options& options_;
    std::uint64_t bytes_left_;
};

} // namespace

std::string context_conninfo(const std::string& own) {
    // Of a key that is given twice libpq takes the last; an empty password is none.
    return own + " user=agentcron_context password='' application_name='agentcron context'";
}

// Known to the destructor while it lives.
class ContextQueries::Running {
public:
    Running(ContextQueries& owner, pqxx::connection& connection)
        : owner_(owner), connection_(connection) {
        const std::lock_guard lock(owner_.mutex_);
        if (owner_.stopping_) throw QueryFailed("agentcron is stopping");
        owner_.running_.insert(&connection_);
    }
    ~Running() {
        const std::lock_guard lock(owner_.mutex_);
        owner_.running_.erase(&connection_);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

private:
    ContextQueries& owner_;
    pqxx::connection& connection_;
};

ContextQueries::ContextQueries(boost::asio::io_context& loop, Options options)
    : loop_(loop), options_(std::move(options)) {}

ContextQueries::~ContextQueries() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (auto* connection : running_) connection->cancel_query();
    }
    if (threads_) threads_->join();
}

std::shared_ptr<void> ContextQueries::read(std::vector<task::ContextQuery> queries,
                                           std::function<void(Rows)> then) {
    if (!threads_) {
        const base::SignalsBlocked blocked;
        threads_.emplace(threads);
    }
    auto handle = std::make_shared<char>();
    boost::asio::post(*threads_, [this, waits = std::weak_ptr<void>(handle),
                                  queries = std::move(queries), then = std::move(then)] {
        if (waits.expired()) return;
        boost::asio::post(loop_, [waits, rows = run(queries), then] {
            if (!waits.expired()) then(rows);
        });
    });
    return handle;
}

task::ContextStore::Rows ContextQueries::run(const std::vector<task::ContextQuery>& queries) {
    std::string at; // the name of the query that runs
    const auto failed = [&](const std::string& words) -> Rows {
        return at.empty() ? words : fmt::format("the query {} of context: {}", at, words);
    };
    try {
        Connection connection(options_.conninfo);
        const Running running(*this, connection.raw());
        Reader reader(connection.raw(), options_);
        std::vector<std::string> rows;
        for (const auto& query : queries) {
            at = query.name;
            rows.push_back(reader.rows(query.query));
        }
        return rows;
    } catch (const Unreachable& error) {
        return failed(fmt::format(
            "the queries of context run as a role of its own, which cannot log in: {}; the "
            "README says how to make it, under Context",
            first_line(error.what())));
    } catch (const pqxx::sql_error& error) {
        return failed(words_for(error, options_));
    } catch (const std::exception& error) {
        return failed(first_line(error.what()));
    }
}

} // namespace agentcron::db
