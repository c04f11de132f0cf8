#include "db/connection.hpp"

#include "support/catch.hpp"

namespace agentcron::db {

using Catch::Contains;

TEST_CASE("what a connection string leaves open is completed", "[unit][db]") {
    const auto conninfo = complete_conninfo("host=db dbname=x connect_timeout=9");
    CHECK_THAT(conninfo, Contains("host='db'") && Contains("dbname='x'"));
    CHECK_THAT(conninfo, Contains("connect_timeout='9'") && Contains("tcp_user_timeout='30000'"));
    CHECK_THAT(conninfo, !Contains("target_session_attrs"));
    CHECK_THROWS_AS(complete_conninfo("host=db what"), std::invalid_argument);
}

TEST_CASE("of several hosts the one that takes writes is wanted, unless another is", "[unit][db]") {
    for (const auto* given : {"host=a,b port=1,2 dbname=x", "postgresql://a:1,b:2/x",
                              "hostaddr=10.0.0.1,10.0.0.2 dbname=x"}) {
        const auto conninfo = complete_conninfo(given);
        CHECK_THAT(conninfo, Contains("target_session_attrs='read-write'"));
        CHECK(complete_conninfo(conninfo) == conninfo);
    }
    CHECK_THAT(complete_conninfo("postgresql://a:1,b:2/x"),
               Contains("host='a,b'") && Contains("port='1,2'"));
    CHECK_THAT(complete_conninfo("postgresql://a,b/x?target_session_attrs=any"),
               Contains("target_session_attrs='any'") && !Contains("read-write"));
}

TEST_CASE("a value of a connection string is quoted", "[unit][db]") {
    CHECK(conninfo_value("it's \\ here") == "'it\\'s \\\\ here'");
}

TEST_CASE("a server that nobody can write to is told from one that only we do not reach",
          "[unit][db]") {
    const std::string refused =
        "connection to server at \"127.0.0.1\", port 1 failed: Connection refused\n"
        "\tIs the server running on that host and accepting TCP/IP connections?";
    const std::string standby =
        "connection to server at \"10.0.0.2\", port 5432 failed: session is read-only";
    const std::string silent =
        "connection to server at \"10.0.0.3\", port 5432 failed: timeout expired";
    CHECK(is_down_for_all(refused));
    CHECK(is_down_for_all(refused + "\n" + standby));
    CHECK(is_down_for_all("connection to server on socket \"/run/x\" failed: FATAL:  the database "
                          "system is starting up"));
    CHECK_FALSE(is_down_for_all(silent));
    CHECK_FALSE(is_down_for_all(refused + "\n" + silent));
    CHECK_FALSE(is_down_for_all("server closed the connection unexpectedly"));
    CHECK_FALSE(is_down_for_all(""));
}

} // namespace agentcron::db
