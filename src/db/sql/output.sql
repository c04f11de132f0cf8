-- What agents wrote. Sent in batches, with synchronous_commit off: the worker keeps what is not
-- known to be on disk, and a batch that is sent again lands on the same keys.

-- name: insert_output
-- The token guards it: an attempt that lost its lease can write nothing. One row per statement with
-- binary bytes is faster than COPY or unnest of bytea.
insert into agentcron.output (day, task_id, run_no, seq, at, stream, kind, body)
select $1::date, $2::bigint, $3::integer, $4::bigint, $5::timestamptz, $6, $7, $8::bytea
where exists (select from agentcron.leases where task_id = $2::bigint and token = $9::uuid)
on conflict do nothing

-- name: spool_offset
-- And what the agent said about its progress, if it did. An attempt ends with its lease, and one
-- whose end this waits for is looked at once more.
update agentcron.attempts
set spool_offset = $3::bigint, progress = coalesce($4, progress),
    progress_percent = case when $4 is null then progress_percent else $5::real end
where task_id = $1::bigint and token = $2::uuid and outcome is null

-- name: announce_output
-- For those who follow this task's output. The transaction has synchronous_commit off, so the
-- server's notification lock is not held over an fsync.
select pg_notify('agentcron_output', $1)

-- name: ensure_output_partitions
select agentcron.ensure_output_partitions()

-- name: commit_to_disk
-- For this transaction alone: its commit, and with it every earlier one, waits for the disk.
select set_config('synchronous_commit', 'on', true)
