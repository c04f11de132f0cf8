-- Worktrees and the tasks that hold them. A row is there before its directory and stays after it.
-- Whoever takes or settles one holds the lock of its task, see leases.sql.

-- name: workspace_of
-- After lock_task. What the task has here; else what the task has that it continues.
select w.*, w.task_id = t.id as own
from agentcron.leases l join agentcron.tasks t on t.id = l.task_id
join agentcron.workspaces w on w.task_id in (t.id, t.continues) and w.host = $3
where l.task_id = $1::bigint and l.token = $2::uuid
order by w.task_id = t.id desc, w.id desc limit 1

-- name: retake_workspace
update agentcron.workspaces w
set task_id = $2::bigint,
    state = case when w.state in ('removed', 'making') then 'making' else 'in_use' end,
    set_up_at = case when w.state = 'removed' then null else w.set_up_at end,
    base_commit = case when w.state = 'removed' then null else w.base_commit end,
    told = w.told and w.task_id = $2::bigint, kept_because = '', clean = null, ended_at = null,
    keep = $3, archive = $4::text[]
where w.id = $1::bigint and w.state <> 'settling'
returning w.*

-- name: make_workspace
insert into agentcron.workspaces
    (task_id, schedule, host, repo, path, branch, base, keep, archive)
select t.id, t.schedule, $3, $4, $5, $6, $7, $8, $9::text[]
from agentcron.leases l join agentcron.tasks t on t.id = l.task_id
where l.task_id = $1::bigint and l.token = $2::uuid
returning *

-- name: workspace_bytes
select coalesce(sum(bytes), 0)::bigint from agentcron.workspaces
where host = $1 and state <> 'removed'

-- name: workspace_made
update agentcron.workspaces w
set state = 'in_use', base_commit = coalesce(w.base_commit, $4),
    made_branch = w.made_branch or $5::boolean, bytes = coalesce($6::bigint, w.bytes),
    looked_at = clock_timestamp()
from agentcron.leases l
where w.id = $3::bigint and w.task_id = l.task_id and l.task_id = $1::bigint
    and l.token = $2::uuid

-- name: workspace_set_up
update agentcron.workspaces set set_up_at = clock_timestamp() where id = $1::bigint

-- name: ended_workspaces
-- Of this host: those whose task has ended, those that a person wants cleaned, and those that a
-- worker which is gone left half settled. Read without a lock; settle_workspace looks again.
select w.id, w.task_id from agentcron.workspaces w
left join agentcron.tasks t on t.id = w.task_id
where w.host = $1
  and (w.state in ('making', 'in_use') and agentcron.has_ended(t)
       or w.state = 'kept' and w.clean is not null and agentcron.has_ended(t)
       or w.state = 'settling' and (w.worker_id is null or w.worker_id = $2::uuid
            or not exists (select from agentcron.workers k where k.id = w.worker_id
                and k.stopped_at is null
                and k.heartbeat_at > clock_timestamp() - interval '2 minutes')))
order by w.id limit 20

-- name: task_exists
select from agentcron.tasks where id = $1::bigint

-- name: settle_workspace
-- After lock_task_unless_busy, where the task still exists.
update agentcron.workspaces w
set state = 'settling', worker_id = $2::uuid, ended_at = coalesce(w.ended_at, clock_timestamp())
from agentcron.workspaces x
left join agentcron.tasks t on t.id = x.task_id
left join agentcron.agents a on a.name = t.agent
where x.id = $1::bigint and w.id = x.id and w.state <> 'removed'
    and (w.state = 'settling' or agentcron.has_ended(t))
returning w.*, coalesce(t.status, '') as task_status, coalesce(t.agent, '') as agent, a.driver,
    a.config, array_to_json(w.archive)::text as archive_json

-- name: settled_workspace
-- $2 removed, $3 why it is kept, $4 and the policy wanted it gone, $5 dirty, $6 unpushed, $7 bytes.
-- The task says so, once.
with settled as (
    update agentcron.workspaces w
    set state = case when $2::boolean then 'removed' else 'kept' end, kept_because = $3,
        told = w.told or $4::boolean, dirty = $5::bigint, unpushed = $6::bigint,
        bytes = case when $2::boolean then null else coalesce($7::bigint, w.bytes) end,
        looked_at = clock_timestamp(), worker_id = null, clean = null,
        removed_at = case when $2::boolean then clock_timestamp() end
    from agentcron.workspaces old
    where w.id = $1::bigint and old.id = w.id and w.state = 'settling'
    returning w.task_id, w.path, w.told and not old.told as news
)
update agentcron.tasks t
set message = concat_ws('; ', nullif(t.message, ''),
                        format('its workspace %s stays: %s', settled.path, $3))
from settled where t.id = settled.task_id and settled.news

-- name: room_for_workspaces
-- The oldest first, until what is left takes no more than $2. What it gives up is clean and of
-- tasks that have ended; settling looks again.
with candidates as (
    select w.id, sum(w.bytes) over (order by w.ended_at, w.id) - w.bytes as freed_before
    from agentcron.workspaces w
    where w.host = $1 and w.state = 'kept' and w.dirty = 0 and w.unpushed = 0
), used as (
    select coalesce(sum(bytes), 0) as bytes from agentcron.workspaces
    where host = $1 and state <> 'removed'
)
update agentcron.workspaces w set clean = 'room'
from candidates c, used
where w.id = c.id and used.bytes - c.freed_before > $2::bigint

-- name: release_settling
update agentcron.workspaces set worker_id = null
where state = 'settling' and worker_id = any($1::uuid[])

-- name: announce_settled
select agentcron.wake('settled')
