// What a claim reads of a long queue.
#include "db/claims.hpp"

#include "support/catch.hpp"
#include "support/test_cluster.hpp"

#include <functional>

namespace agentcron::db {

using support::TestDatabase;

TEST_CASE("a claim reads the head of the queue, though its plan was made while that was empty",
          "[integration][claim]") {
    TestDatabase database;
    database.execute("insert into agentcron.agents (name, driver) values ('a', 'command')");
    database.execute("analyze agentcron.ready");
    Connection connection(database.conninfo());
    const auto in_session = [&](const std::function<void(Session&)>& run) {
        in_transaction(connection, [&](pqxx::work& tx) {
            Session session{connection, tx, 1};
            run(session);
        });
    };
    ClaimRequest request;
    request.worker_id = "00000000-0000-4000-8000-000000000001";
    request.host = "h";
    request.floor = "-infinity";
    request.pick_max = 4;
    request.count = 4;
    in_session([&](Session& session) {
        session.run("register_worker", params(request.worker_id, "h", "b", 1, "v", 4));
        CHECK(claim_tasks(session, request).reply.tasks.empty());
    });
    database.execute("select agentcron.enqueue('a') from generate_series(1, 2000)");
    in_session([&](Session& session) {
        CHECK(claim_tasks(session, request).reply.tasks.size() == 4);
        const auto read = session.tx.exec1(
            "select pg_stat_get_xact_tuples_returned(c) + pg_stat_get_xact_tuples_fetched(c) "
            "from (values ('agentcron.ready'::regclass)) x (c)");
        CHECK(read[0].as<int>() < 100);
        // What is ruled out counts as dear, and what is dear would be compiled: for seconds.
        CHECK(session.tx.exec1("show jit")[0].as<std::string>() == "off");
    });
}

} // namespace agentcron::db
