// People's queries, run as a role of their own: what they give, and that they can do nothing else.
#include "db/context_queries.hpp"
#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::db {

using support::TestDatabase;

namespace {

class Queries {
public:
    explicit Queries(base::Seconds timeout = base::Seconds(30), std::uint64_t bytes_max = 1 << 20)
        : timeout_(timeout), bytes_max_(bytes_max) {
        database.execute("select agentcron.make_context_role()");
        database.execute("create table orders (id int, paid boolean, note text); "
                         "insert into orders values (1, true, 'a'), (2, false, null); "
                         "grant select on orders to agentcron_context; "
                         "create table secret (x int); insert into secret values (42)");
    }
    using Values = std::vector<std::optional<std::string>>;
    // The rows of each query, or what was wrong.
    std::string read(std::vector<task::ContextQuery> queries) {
        ContextQueries store(loop, {conninfo(), timeout_, bytes_max_});
        std::optional<std::string> got;
        const auto handle = store.read(std::move(queries), [&](task::ContextStore::Rows rows) {
            got = rows ? fmt::format("{}", fmt::join(*rows, " ")) : rows.error();
        });
        loop.restart();
        while (!got) loop.run_one_for(base::Seconds(60));
        return *got;
    }
    std::string read(const std::string& sql, Values values = {}) {
        return read({{"q", {sql, std::move(values)}}});
    }
    std::string conninfo() const {
        return own_conninfo.empty() ? context_conninfo(database.conninfo()) : own_conninfo;
    }

    TestDatabase database;
    boost::asio::io_context loop;
    std::string own_conninfo;

private:
    // A store posts to the loop from its threads: the loop waits for that.
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        loop.get_executor()};
    base::Seconds timeout_;
    std::uint64_t bytes_max_;
};

} // namespace

TEST_CASE("a query of context gives its rows as JSON", "[integration][context]") {
    Queries queries;
    CHECK(queries.read("select * from orders order by id;\n") ==
          "[{\"id\":1,\"paid\":true,\"note\":\"a\"},\n {\"id\":2,\"paid\":false,\"note\":null}]");
    CHECK(queries.read("select * from orders where false -- none") == "[]");
    CHECK(queries.read("with x as (select 1.50 as price) select * from x") ==
          R"([{"price":1.50}])");
    CHECK(queries.read({{"a", {"select 1 as x", {}}}, {"b", {"values (2)", {}}}}) ==
          R"([{"x":1}] [{"column1":2}])");
    CHECK(queries.read("select count(*) from (select generate_series(1, 2500)) s") ==
          R"([{"count":2500}])");
    const auto many = queries.read("select 1 as x from generate_series(1, 2500)");
    CHECK(std::count(many.begin(), many.end(), '1') == 2500);
}

TEST_CASE("what a query names is bound, never pasted", "[integration][context]") {
    Queries queries;
    CHECK(queries.read("select id from orders where id = $1", {"2"}) == R"([{"id":2}])");
    CHECK(queries.read("select id from orders where note = $1", {"' or true --"}) == "[]");
    CHECK(queries.read("select $1::text as said, $2::timestamptz as at", {"'; x", std::nullopt}) ==
          R"([{"said":"'; x","at":null}])");
}

TEST_CASE("a query of context can be nothing but a query", "[integration][context]") {
    Queries queries;
    queries.database.execute("grant insert, delete on orders to agentcron_context; "
                             "create function note() returns int language sql volatile as $$ "
                             "insert into orders values (3) returning id $$");
    for (const std::string sql :
         {"delete from orders returning id", "drop table orders", "select 1; drop table orders",
          "select 1) q; commit; delete from orders; select (1",
          "with gone as (delete from orders returning id) select * from gone", "select note()",
          "select nextval(pg_get_serial_sequence('agentcron.tasks', 'id'))",
          "select set_config('transaction_read_only', 'off', true), note()",
          "select set_config('role', 'agentcron', true)",
          "select set_config('session_authorization', 'agentcron', true)", "select * from secret",
          "select * from agentcron.agents", "select * from agentcron.outbox",
          "select pg_read_file('/etc/passwd')",
          "select query_to_xml('select * from secret', true, true, '')"}) {
        INFO(sql);
        const auto said = queries.read(sql);
        CHECK(said.starts_with("the query q of context: "));
        CHECK(said.find("42") == std::string::npos);
    }
    CHECK(queries.database.value("select count(*) from orders") == "2");
}

TEST_CASE("what a query of context changed of its session is gone with it",
          "[integration][context]") {
    Queries queries;
    CHECK(queries.read("select set_config('search_path', 'agentcron', false) as p, "
                       "pg_try_advisory_lock(7) as got") == R"([{"p":"agentcron","got":true}])");
    CHECK(queries.read("select current_setting('search_path') <> 'agentcron' as p, "
                       "pg_try_advisory_lock(7) as got") == R"([{"p":true,"got":true}])");
}

TEST_CASE("a query of context that fails says which and why", "[integration][context]") {
    Queries queries(base::Seconds(1), 100);
    CHECK(queries.read({{"good", {"select 1", {}}}, {"bad", {"select * from nowhere", {}}}}) ==
          "the query bad of context: relation \"nowhere\" does not exist");
    CHECK(queries.read("select * from secret") ==
          "the query q of context: permission denied for table secret; grant it to the role that "
          "context's queries run as");
    CHECK(queries.read("select pg_sleep(60)") ==
          "the query q of context: took longer than 1s (`context: {statement_timeout: ...}`)");
    CHECK(queries.read("select set_config('statement_timeout', '0', true) from orders "
                       "union all select pg_sleep(60)::text") ==
          "the query q of context: took longer than 1s (`context: {statement_timeout: ...}`)");
    CHECK(queries.read("select repeat('x', 200) as x") ==
          "the query q of context: the results are larger than the 100 bytes of `context: "
          "{max_size: ...}`; fewer rows or columns, or a limit, make them smaller");
    queries.own_conninfo = queries.database.conninfo() + " user=agentcron_nobody";
    CHECK(queries.read("select 1").starts_with("the queries of context run as a role of "));
}

TEST_CASE("nobody hears of a query that he does not wait for", "[integration][context]") {
    Queries queries;
    ContextQueries store(queries.loop, {queries.conninfo(), base::Seconds(600), 100});
    bool heard = false;
    auto handle = store.read({{"q", {"select 1", {}}}}, [&](auto) { heard = true; });
    handle.reset();
    CHECK(queries.read("select 2 as x") == R"([{"x":2}])");
    // What still runs at the end of the store is ended.
    handle = store.read({{"q", {"select pg_sleep(500)", {}}}}, [&](auto) { heard = true; });
    queries.database.wait_for_value("select count(*) from pg_stat_activity where query like "
                                    "'fetch%' and state = 'active' and datname = "
                                    "current_database()",
                                    "1");
    CHECK_FALSE(heard);
}

} // namespace agentcron::db
