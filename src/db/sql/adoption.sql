-- What a worker takes over from those that died on its machine.

-- name: adopt
-- The leases are taken back by their tokens, with a new life. It changes the lease alone, as a
-- renewal does: one that a rescue ends at this moment is gone when its row is looked at again.
-- This transaction waits for the disk, and so does what it has read: nothing of the dead worker's
-- output can be taken back any more.
update agentcron.leases
set worker_id = $1::uuid, lease_until = clock_timestamp() + make_interval(secs => $2::float8)
where token = any($3::uuid[])
returning task_id

-- name: adopted
-- After adopt, for a fresh snapshot. One row for each attempt that is known; `outcome` of those
-- that have ended. The lock waits for a last batch of output whose commit is still under way.
select a.token, a.spool_offset, a.outcome, l.worker_id = $1::uuid as adopted
from unnest($2::bigint[], $3::integer[], $4::uuid[]) as k (task_id, run_no, token)
join agentcron.attempts a on a.task_id = k.task_id and a.run_no = k.run_no and a.token = k.token
left join agentcron.leases l on l.task_id = a.task_id and l.token = a.token
for no key update of a
