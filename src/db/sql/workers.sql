-- name: register_worker
-- The others hear of it: who was alone is that no longer.
with added as (
    insert into agentcron.workers (id, host, boot_id, pid, version, slots)
    values ($1::uuid, $2, $3, $4::integer, $5, $6::integer)
    on conflict do nothing
    returning 1
)
select agentcron.wake('workers') from added

-- name: heartbeat
update agentcron.workers set heartbeat_at = clock_timestamp(), draining = $2::boolean
    where id = $1::uuid

-- name: has_rivals
-- Is another worker there that would take over what this one cannot renew? $2: the life of a lease
-- in seconds. One that is cut off for a while, as this one may be, is still there.
select exists (
    select from agentcron.workers
    where id <> $1::uuid and stopped_at is null
      and heartbeat_at > clock_timestamp() - 2 * make_interval(secs => $2::float8))

-- name: worker_stopped
update agentcron.workers set stopped_at = clock_timestamp() where id = $1::uuid

-- name: make_context_role
select agentcron.make_context_role()
