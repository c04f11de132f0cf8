#include "db/pg_workspace_store.hpp"

#include <boost/json.hpp>
#include <spdlog/spdlog.h>

namespace agentcron::db {
namespace {

using task::EndedWorkspace;
using task::TakenWorkspace;

task::Workspace workspace_from(const pqxx::row& row) {
    task::Workspace workspace;
    workspace.id = integer_of(row["id"]);
    workspace.repo = text_of(row["repo"]);
    workspace.path = text_of(row["path"]);
    workspace.branch = text_of(row["branch"]);
    workspace.base = text_of(row["base"]);
    workspace.base_commit = text_of(row["base_commit"]);
    workspace.made_branch = boolean_of(row["made_branch"]);
    workspace.is_made = text_of(row["state"]) != "making";
    workspace.is_set_up = !row["set_up_at"].is_null();
    return workspace;
}

// What becomes of it: its policy, or what a person or the disk budget wants of a kept one.
void decide(const std::string& keep, const std::string& clean, const std::string& status,
            EndedWorkspace& ended) {
    using Order = EndedWorkspace::Order;
    ended.order = clean == "force" ? Order::force : Order::remove;
    if (!clean.empty()) return;
    if (keep == "always") ended.policy = "keep: always";
    if (keep == "on_failure" && status != "succeeded")
        ended.policy = "keep: on_failure, and its task " +
                       (status == "cancelled" ? std::string("was cancelled") : "has " + status);
    if (!ended.policy.empty()) ended.order = Order::keep;
}

EndedWorkspace ended_from(const pqxx::row& row) {
    EndedWorkspace ended;
    ended.workspace = workspace_from(row);
    decide(text_of(row["keep"]), text_of(row["clean"]), text_of(row["task_status"]), ended);
    ended.archive = boost::json::value_to<std::vector<std::string>>(
        boost::json::parse(text_of(row["archive_json"])));
    ended.task.lease.task_id = integer_of(row["task_id"]);
    ended.task.schedule = text_of(row["schedule"]);
    ended.task.agent = text_of(row["agent"]);
    ended.task.driver = optional_text(row["driver"]);
    ended.task.agent_config = text_of(row["config"]);
    ended.task.spec = "{}";
    return ended;
}

std::optional<std::int64_t> stored(const std::optional<std::uint64_t>& bytes) {
    if (!bytes) return std::nullopt;
    return static_cast<std::int64_t>(*bytes);
}

} // namespace

void PgWorkspaceStore::post(std::string what, std::function<void(Session&)> run, Then<> then) {
    work_.post({.run = std::move(run),
                .committed = nullptr,
                .done = then,
                .refused = [what = std::move(what), then](const std::string& error) {
                    spdlog::error("database refused {}: {}", what, error);
                    then();
                }});
}

void PgWorkspaceStore::take(const task::Lease& lease, task::WantedWorkspace wanted,
                            Then<TakenWorkspace> then) {
    auto taken = std::make_shared<TakenWorkspace>();
    const auto run = [this, lease, wanted = std::move(wanted), taken](Session& session) {
        *taken = {};
        session.run("lock_task", params(lease.task_id));
        const auto archive = array_text(wanted.archive);
        const auto used = session.run("workspace_bytes", params(host_));
        taken->bytes_of_all = static_cast<std::uint64_t>(integer_of(used[0][0]));
        auto rows = session.run("workspace_of", params(lease.task_id, lease.token, host_));
        if (!rows.empty()) {
            rows = session.run("retake_workspace", params(integer_of(rows[0]["id"]), lease.task_id,
                                                          wanted.keep, archive));
            taken->state = TakenWorkspace::State::being_settled;
        } else {
            rows = session.run("make_workspace",
                               params(lease.task_id, lease.token, host_, wanted.repo, wanted.path,
                                      wanted.branch, wanted.base, wanted.keep, archive));
        }
        if (rows.empty()) return;
        taken->state = TakenWorkspace::State::taken;
        taken->workspace = workspace_from(rows[0]);
    };
    post("a workspace", run, [taken, then] { then(std::move(*taken)); });
}

void PgWorkspaceStore::made(const task::Lease& lease, task::Workspace made,
                            std::optional<std::uint64_t> bytes, Then<> then) {
    post(
        "a workspace that was made",
        [lease, made = std::move(made), bytes](Session& session) {
            session.run("workspace_made",
                        params(lease.task_id, lease.token, made.id, made.base_commit,
                               made.made_branch, stored(bytes)));
        },
        then);
}

void PgWorkspaceStore::set_up(std::int64_t id, Then<> then) {
    post(
        "a workspace that was set up",
        [id](Session& session) { session.run("workspace_set_up", params(id)); }, then);
}

void PgWorkspaceStore::next_ended(Then<std::optional<EndedWorkspace>> then) {
    auto next = std::make_shared<std::optional<EndedWorkspace>>();
    const auto run = [this, next](Session& session) {
        next->reset();
        for (const auto& row : session.run("ended_workspaces", params(host_, worker_id_))) {
            const auto task_id = integer_of(row["task_id"]);
            const bool exists = !session.run("task_exists", params(task_id)).empty();
            if (exists && session.run("lock_task_unless_busy", params(task_id)).empty()) continue;
            const auto rows =
                session.run("settle_workspace", params(integer_of(row["id"]), worker_id_));
            if (rows.empty()) continue;
            *next = ended_from(rows[0]);
            return;
        }
    };
    post("a look for workspaces that have ended", run, [next, then] { then(std::move(*next)); });
}

void PgWorkspaceStore::settled(std::int64_t id, task::SettledWorkspace settled, Then<> then) {
    post(
        "the end of a workspace",
        [id, settled = std::move(settled)](Session& session) {
            session.run("settled_workspace",
                        params(id, settled.removed, storable_text(settled.kept_because),
                               settled.stays_against_policy, settled.dirty, settled.unpushed,
                               stored(settled.bytes)));
            session.run("announce_settled", params());
        },
        then);
}

void PgWorkspaceStore::make_room(std::uint64_t bytes_max, Then<> then) {
    post(
        "room for workspaces",
        [this, bytes_max](Session& session) {
            session.run("room_for_workspaces", params(host_, static_cast<std::int64_t>(bytes_max)));
        },
        then);
}

} // namespace agentcron::db
