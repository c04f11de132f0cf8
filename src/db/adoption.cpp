// PgTaskStore::adopt.
#include "db/pg_task_store.hpp"
#include "db/task_rows.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::db {

void PgTaskStore::adopt(const std::vector<task::Lease>& leases, Then<task::Adoption> then) {
    auto adoption = std::make_shared<task::Adoption>();
    work_.post({.run =
                    [this, leases, adoption](Session& session) {
                        std::vector<std::int64_t> ids, runs;
                        std::vector<std::string> tokens;
                        for (const auto& lease : leases) {
                            ids.push_back(lease.task_id);
                            runs.push_back(lease.run_no);
                            tokens.push_back(lease.token);
                        }
                        *adoption = {};
                        adoption->term = {.sent = base::BootClock::now(), .ttl = lease_ttl_};
                        for (const auto& row : session.run(
                                 "adopt", params(worker_.id, lease_ttl_, array_text(tokens))))
                            // Now: a claim of the same commit must not take them for unknown ones.
                            work_state_->held.insert(integer_of(row["task_id"]));
                        adoption->attempts = adopted_from(
                            session.run("adopted", params(worker_.id, array_text(ids),
                                                          array_text(runs), array_text(tokens))));
                    },
                .committed = nullptr,
                .done = [adoption, then] { then(std::move(*adoption)); },
                .refused =
                    [then](const std::string& error) {
                        spdlog::error("database refused the takeover of tasks: {}", error);
                        then({});
                    }});
}

} // namespace agentcron::db
