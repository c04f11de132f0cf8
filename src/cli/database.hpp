// The database of a command: chosen, opened, and the private server's life with it.
#pragma once

#include "cli/invocation.hpp"
#include "db/choose.hpp"
#include "db/client.hpp"

#include <memory>

namespace agentcron::cli {

// Which database the options, the environment and the configuration name. Throws UsageError.
db::DatabaseChoice choose_database(const Invocation& invocation);

// The members' order matters: the session ends before the private server is stopped.
struct Database {
    db::OpenDatabase opened;
    std::unique_ptr<db::Client> client;

    db::Client* operator->() const { return client.get(); }
};

// For commands that read or change what is there: a database that does not exist yet is an error.
Database open_database(const Invocation& invocation);
// The same, whatever its schema is.
Database open_any_database(const Invocation& invocation);
// For commands that may come first: makes the private server, and with `any` does not ask for a
// schema.
Database create_database(const Invocation& invocation, db::Client::Schema schema);

} // namespace agentcron::cli
