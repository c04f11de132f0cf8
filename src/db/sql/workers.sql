-- name: register_worker
insert into agentcron.workers (id, host, boot_id, pid, version, slots)
values ($1::uuid, $2, $3, $4::integer, $5, $6::integer)
on conflict do nothing

-- name: heartbeat
update agentcron.workers set heartbeat_at = clock_timestamp(), draining = $2::boolean
    where id = $1::uuid

-- name: worker_stopped
update agentcron.workers set stopped_at = clock_timestamp() where id = $1::uuid

-- name: make_context_role
select agentcron.make_context_role()
