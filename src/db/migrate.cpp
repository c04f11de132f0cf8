#include "db/migrate.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "db/embedded.hpp"
#include "db/statements.hpp"

#include <charconv>
#include <map>
#include <spdlog/fmt/fmt.h>

namespace agentcron::db {
namespace {

// FNV-1a, 64 bits: tells an edited file from the one that was applied; it guards against mistakes.
std::string checksum(std::string_view text) {
    std::uint64_t hash = 14695981039346656037ull;
    for (const unsigned char c : text) hash = (hash ^ c) * 1099511628211ull;
    return fmt::format("{:016x}", hash);
}

Migration parse(const EmbeddedFile& file) {
    Migration migration;
    const auto parsed = std::from_chars(file.name.data(), file.name.data() + 4, migration.version);
    AGENTCRON_CHECK(parsed.ec == std::errc() && file.name.size() > 9, "bad name {}", file.name);
    migration.name = file.name.substr(5, file.name.size() - 5 - 4);
    migration.checksum = checksum(file.text);
    migration.sql = file.text;
    return migration;
}

// Version -> checksum of what the database has; empty without the table.
std::map<int, std::string> applied_migrations(pqxx::transaction_base& tx) {
    std::map<int, std::string> applied;
    const auto table = tx.exec(std::string(statement("has_migrations_table")));
    if (!boolean_of(table[0][0])) return applied;
    for (const auto& row : tx.exec(std::string(statement("applied_migrations"))))
        applied[static_cast<int>(integer_of(row[0]))] = text_of(row[1]);
    return applied;
}

void check_applied(const std::map<int, std::string>& applied, const std::vector<Migration>& known) {
    for (const auto& [version, sum] : applied) {
        if (version > static_cast<int>(known.size()))
            throw SchemaError(fmt::format(
                "the database has schema version {}, this agentcron {} knows versions up to {}: "
                "install the newer agentcron that migrated it, or use another database",
                applied.rbegin()->first, base::version(), known.size()));
        const auto& ours = known[static_cast<std::size_t>(version) - 1];
        if (ours.checksum != sum)
            throw SchemaError(fmt::format(
                "migration {} ({}) was applied from another text (checksum {}, here {}): this "
                "binary was built from a changed migration file",
                version, ours.name, sum, ours.checksum));
    }
}

} // namespace

std::vector<Migration> known_migrations() {
    std::vector<Migration> known;
    for (const auto& file : migrations()) {
        known.push_back(parse(file));
        AGENTCRON_CHECK(known.back().version == static_cast<int>(known.size()), "gap before {}",
                        file.name);
    }
    return known;
}

std::vector<int> migrate(Connection& connection,
                         const std::function<void(const Migration&)>& applied_now) {
    const auto known = known_migrations();
    std::vector<int> versions;
    in_transaction(connection, [&](pqxx::work& tx) {
        tx.exec(std::string(statement("migration_lock")));
        check_applied(applied_migrations(tx), known);
        tx.exec(std::string(statement("migrations_table")));
    });
    for (const auto& migration : known) {
        const bool applied = in_transaction(connection, [&](pqxx::work& tx) {
            tx.exec(std::string(statement("migration_lock")));
            if (applied_migrations(tx).contains(migration.version)) return false;
            tx.exec_params(std::string(statement("record_migration")), migration.version,
                           migration.name, migration.checksum);
            try {
                tx.exec(migration.sql);
            } catch (const pqxx::sql_error& error) {
                throw SchemaError(fmt::format("migration {} ({}) failed and was rolled back: {}",
                                              migration.version, migration.name,
                                              base::trim(error.what())));
            }
            return true;
        });
        if (!applied) continue;
        versions.push_back(migration.version);
        if (applied_now) applied_now(migration);
    }
    return versions;
}

void require_current_schema(Connection& connection) {
    const auto known = known_migrations();
    pqxx::nontransaction tx(connection.raw());
    const auto applied = applied_migrations(tx);
    check_applied(applied, known);
    if (applied.size() == known.size()) return;
    throw SchemaError(applied.empty()
                          ? std::string("this database has no agentcron schema yet: run "
                                        "`agentcron migrate` or `agentcron up`")
                          : fmt::format("the database has schema version {}, this agentcron needs "
                                        "{}: run `agentcron migrate`",
                                        applied.size(), known.size()));
}

} // namespace agentcron::db
