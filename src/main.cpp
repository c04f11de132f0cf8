#include "app.hpp"
#include "cli/run.hpp"
#include "config/config.hpp"
#include "db/client.hpp"
#include "db/migrate.hpp"
#include "db/private_cluster.hpp"

// Exit codes: 0 done, 1 failed, 2 wrong usage, configuration or schema, 3 no database, 4 not found.
int main(int argc, char* argv[]) {
    using namespace agentcron;
    try {
        return cli::run(argc, argv, run_daemon);
    } catch (const cli::Reported& reported) {
        return reported.exit_code;
    } catch (const cli::UsageError& error) {
        return cli::complain(error.what(), 2);
    } catch (const std::invalid_argument& error) { // a malformed connection string
        return cli::complain(error.what(), 2);
    } catch (const config::ConfigError& error) { // lines of file:line:column: what is wrong
        return cli::complain(error.what(), 2);
    } catch (const db::SchemaError& error) {
        return cli::complain(error.what(), 2);
    } catch (const db::Unreachable& error) {
        return cli::complain(error.what(), 3);
    } catch (const db::ClusterError& error) {
        return cli::complain(error.what(), 3);
    } catch (const cli::NotFound& error) {
        return cli::complain(error.what(), 4);
    } catch (const db::Refused& refused) {
        return cli::complain(refused.what(), refused.sqlstate == "AC001" ? 4 : 1, refused.hint);
    } catch (const std::exception& error) {
        return cli::complain(error.what(), 1);
    }
}
