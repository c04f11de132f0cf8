-- The scheduler's statements. A cursor (next_fire_at) moves only together with the rows it stands
-- for, in one transaction, under the lock of the schedule's row: any number of schedulers may try.

-- name: unplanned_schedules
-- Declarations that no scheduler has read since they changed. SKIP LOCKED: a rival has the others.
select s.id, s.name, s.rev, s.cron, s.timezone, s.agent, s.prompt, s.params::text as params,
       s.priority, s.overlap, s.queue_max, s.while_waiting, s.catch_up, s.catch_up_max,
       extract(epoch from s.catch_up_window)::bigint as catch_up_window,
       extract(epoch from s.jitter)::bigint as jitter, s.starts_at, s.ends_at, s.max_runs, s.runs,
       to_jsonb(s.exclude)::text as exclude, s.concurrency_group, s.concurrency_limit,
       extract(epoch from s.timeout)::bigint as timeout, extract(epoch from s.hold)::bigint as hold,
       extract(epoch from s.total_timeout)::bigint as total_timeout,
       extract(epoch from s.stall_timeout)::bigint as stall_timeout,
       extract(epoch from s.queue_timeout)::bigint as queue_timeout,
       extract(epoch from s.input_timeout)::bigint as input_timeout, s.on_input_timeout,
       s.on_lost, s.conversation, s.max_limit_waits, s.budget::text as budget, s.retry_attempts,
       extract(epoch from s.retry_backoff)::bigint as retry_backoff,
       extract(epoch from s.retry_max_backoff)::bigint as retry_max_backoff, s.retry_jitter,
       to_jsonb(s.retry_on)::text as retry_on,
       to_jsonb(s.retry_never_on_exit)::text as retry_never_on_exit, s.pause_after_failures,
       s.context::text as context, s.success::text as success, s.notify::text as notify,
       s.heartbeat_url,
       s.steps::text as steps, to_jsonb(s.after)::text as after,
       s.enabled and s.paused_at is null as fires, s.created_at, s.next_fire_at,
       (select min(named.agent)
        from (select s.agent union all
              select step->>'agent' from jsonb_array_elements(s.steps) as step) as named (agent)
        where named.agent <> ''
          and not exists (select from agentcron.agents a where a.name = named.agent)
       ) as unknown_agent,
       (select min(u.name) from unnest(s.after) u (name)
        where not exists (select from agentcron.schedules x where x.name = u.name)
       ) as unknown_upstream,
       s.name = any(array(
           with recursive up (name) as (
               select unnest(s.after)
               union
               select unnest(x.after) from up join agentcron.schedules x on x.name = up.name)
           select up.name from up)) as comes_after_itself,
       $1::timestamptz as now
from agentcron.schedules s
where s.planned_rev <> s.rev
order by s.id limit 500
for no key update of s skip locked

-- name: plan_schedules
-- The rev that was read guards it: an edit in between leaves the row for the next look. A last fire
-- that is null keeps the one that stands.
update agentcron.schedules s
set planned_rev = p.rev, next_fire_at = p.next_fire_at, zone_version = p.zone_version,
    last_fire_at = coalesce(p.last_fire_at, s.last_fire_at),
    last_fire_reading = coalesce(p.last_fire_reading, s.last_fire_reading), error = p.error
from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[],
            $6::timestamptz[], $7::timestamp[])
    as p (id, rev, next_fire_at, error, zone_version, last_fire_at, last_fire_reading)
where s.id = p.id and s.rev = p.rev

-- name: zones_in_use
select distinct timezone, zone_version from agentcron.schedules where next_fire_at is not null

-- name: schedules_of_old_zone_data
select id, name, rev, cron, timezone, overlap, while_waiting, catch_up, catch_up_max,
       extract(epoch from catch_up_window)::bigint as catch_up_window,
       extract(epoch from jitter)::bigint as jitter, starts_at, ends_at, max_runs, runs,
       to_jsonb(exclude)::text as exclude, to_jsonb(after)::text as after, created_at, next_fire_at,
       last_fire_at, last_fire_reading, clock_timestamp() as now
from agentcron.schedules
where next_fire_at is not null and timezone = $1 and zone_version is distinct from $2
order by id limit 500
for no key update skip locked

-- name: due_schedules
select id, name, rev, cron, timezone, overlap, queue_max, while_waiting, catch_up, catch_up_max,
       extract(epoch from catch_up_window)::bigint as catch_up_window,
       extract(epoch from jitter)::bigint as jitter, starts_at, ends_at, max_runs, runs,
       to_jsonb(exclude)::text as exclude, to_jsonb(after)::text as after, created_at, next_fire_at,
       last_fire_at
from agentcron.schedules
where next_fire_at <= $1::timestamptz
order by next_fire_at limit 500
for no key update skip locked

-- name: upsert_agents
insert into agentcron.agents as a (name, driver, config, source, origin, max_concurrent)
select x.name, x.driver, x.config::jsonb, 'yaml', $1, x.max_concurrent
from unnest($2::text[], $3::text[], $4::text[], $5::integer[])
    as x (name, driver, config, max_concurrent)
order by x.name
on conflict (name) do update
set driver = excluded.driver, config = excluded.config, origin = excluded.origin,
    max_concurrent = excluded.max_concurrent, updated_at = now()
where a.source = 'yaml'
  and (a.driver, a.config, a.origin, a.max_concurrent)
      is distinct from
      (excluded.driver, excluded.config, excluded.origin, excluded.max_concurrent)

-- name: upsert_schedules
-- Unchanged rows are not touched, so their cursors stand. Rows with source = sql are never touched.
insert into agentcron.schedules as s
    (name, source, origin, cron, timezone, agent, prompt, params, enabled, priority, overlap,
     queue_max, while_waiting, catch_up, catch_up_window, catch_up_max, jitter, starts_at,
     ends_at, max_runs, exclude, concurrency_group, concurrency_limit, timeout, hold,
     total_timeout, stall_timeout, queue_timeout, input_timeout, on_input_timeout, on_lost,
     conversation, max_limit_waits, budget, retry_attempts, retry_backoff, retry_max_backoff,
     retry_jitter, retry_on, retry_never_on_exit, pause_after_failures, success, notify,
     heartbeat_url, steps, after, context)
select x.name, 'yaml', $1, x.cron, x.timezone, x.agent, x.prompt, x.params, x.enabled, x.priority,
       x.overlap, x.queue_max, x.while_waiting, x.catch_up, x.catch_up_window, x.catch_up_max,
       x.jitter, x.starts_at, x.ends_at, x.max_runs, x.exclude, x.concurrency_group,
       x.concurrency_limit, x.timeout, x.hold, x.total_timeout, x.stall_timeout, x.queue_timeout,
       x.input_timeout, x.on_input_timeout, x.on_lost, x.conversation, x.max_limit_waits,
       x.budget, x.retry_attempts, x.retry_backoff, x.retry_max_backoff, x.retry_jitter, x.retry_on,
       x.retry_never_on_exit,
       x.pause_after_failures, x.success, x.notify, x.heartbeat_url, x.steps, x.after, x.context
from jsonb_populate_recordset(null::agentcron.schedules, $2::jsonb) as x
order by x.name
on conflict (name) do update
set (origin, cron, timezone, agent, prompt, params, enabled, priority, overlap, queue_max,
     while_waiting, catch_up, catch_up_window, catch_up_max, jitter, starts_at, ends_at, max_runs,
     exclude, concurrency_group, concurrency_limit, timeout, hold, total_timeout, stall_timeout,
     queue_timeout, input_timeout, on_input_timeout, on_lost, conversation, max_limit_waits,
     budget, retry_attempts, retry_backoff, retry_max_backoff, retry_jitter, retry_on,
     retry_never_on_exit, pause_after_failures, success, notify, heartbeat_url, steps, after,
     context)
  = (excluded.origin, excluded.cron, excluded.timezone, excluded.agent, excluded.prompt,
     excluded.params, excluded.enabled, excluded.priority, excluded.overlap, excluded.queue_max,
     excluded.while_waiting, excluded.catch_up, excluded.catch_up_window, excluded.catch_up_max,
     excluded.jitter, excluded.starts_at, excluded.ends_at, excluded.max_runs, excluded.exclude,
     excluded.concurrency_group, excluded.concurrency_limit, excluded.timeout, excluded.hold,
     excluded.total_timeout, excluded.stall_timeout, excluded.queue_timeout,
     excluded.input_timeout, excluded.on_input_timeout, excluded.on_lost, excluded.conversation,
     excluded.max_limit_waits, excluded.budget,
     excluded.retry_attempts,
     excluded.retry_backoff, excluded.retry_max_backoff, excluded.retry_jitter, excluded.retry_on,
     excluded.retry_never_on_exit, excluded.pause_after_failures, excluded.success,
     excluded.notify, excluded.heartbeat_url, excluded.steps, excluded.after,
     excluded.context)
where s.source = 'yaml'
  and (s.origin is distinct from excluded.origin
       or agentcron.declared(s) is distinct from agentcron.declared(excluded))
returning s.name, xmax = 0 as inserted

-- name: taken_names
select name from agentcron.schedules where source = 'sql' and name = any($1::text[])
union all
select name from agentcron.agents where source = 'sql' and name = any($2::text[])

-- name: disable_schedules_that_left
-- Disabled, not deleted: their history stays.
update agentcron.schedules set enabled = false
where source = 'yaml' and origin = $1 and enabled and name <> all($2::text[])
returning name
