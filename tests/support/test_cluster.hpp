// Real PostgreSQL for tests: one private server per test binary, started by the first case that
// needs it and stopped at exit, and a fresh migrated database per case, copied from a template.
#pragma once

#include "base/clock.hpp"

#include <memory>
#include <string>
#include <vector>

namespace agentcron::support {

// A database of its own for one case; dropped at the end of its life, whoever is still connected.
class TestDatabase {
public:
    enum class Schema { current, none };
    explicit TestDatabase(Schema schema = Schema::current);
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    const std::string& conninfo() const { return conninfo_; }
    const std::string& name() const { return name_; }

    // Each in a transaction of its own, on a session of the test's. NULL reads as "".
    void execute(const std::string& sql);
    std::vector<std::vector<std::string>> rows(const std::string& sql);
    std::string value(const std::string& sql); // the first field of the first row; "" without one
    // The bytea fields of the first column, joined; from the binary form, exactly as stored.
    std::string bytes(const std::string& sql);
    // "" if PostgreSQL takes the statement, else its SQLSTATE, a blank and the message.
    std::string refusal(const std::string& sql);

    // Waits until value(sql) is `expected` and returns what it was last, for REQUIRE. Looks at
    // every notification of ours, and every 50 ms because not every change is announced.
    std::string wait_for_value(const std::string& sql, const std::string& expected,
                               base::Millis within = base::Seconds(30));

    // Another session that holds what a statement locked, until it is released or goes.
    class Blocker {
    public:
        Blocker(const TestDatabase& database, const std::string& sql);
        ~Blocker();
        void release(); // and takes back what it did
        void commit();

    private:
        struct Open;
        std::unique_ptr<Open> open_;
    };

    // An outage of this database: ends every other session and refuses new ones, until let_in().
    void cut_off();
    void let_in();

private:
    class Session;
    std::string name_;
    std::string conninfo_;
    std::unique_ptr<Session> session_;
};

} // namespace agentcron::support
