-- The scheduler's statements. A cursor (next_fire_at) moves only together with the rows it stands
-- for, in one transaction, under the lock of the schedule's row: any number of schedulers may try.

-- name: unplanned_schedules
-- Declarations that no scheduler has read since they changed. SKIP LOCKED: a rival has the others.
select s.id, s.name, s.rev, s.cron, s.timezone, s.agent, s.prompt, s.params::text as params,
       s.catch_up_max, extract(epoch from s.catch_up_window)::bigint as catch_up_window,
       extract(epoch from s.timeout)::bigint as timeout, extract(epoch from s.hold)::bigint as hold,
       s.retry_attempts, extract(epoch from s.retry_backoff)::bigint as retry_backoff,
       extract(epoch from s.retry_max_backoff)::bigint as retry_max_backoff,
       s.enabled and s.paused_at is null as fires, s.created_at, s.next_fire_at,
       exists (select from agentcron.agents a where a.name = s.agent) as agent_known,
       clock_timestamp() as now
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
select id, name, rev, cron, timezone, created_at, next_fire_at, last_fire_at, last_fire_reading,
       clock_timestamp() as now
from agentcron.schedules
where next_fire_at is not null and timezone = $1 and zone_version is distinct from $2
order by id limit 500
for no key update skip locked

-- name: due_schedules
select id, name, rev, cron, timezone, overlap, while_waiting, catch_up, catch_up_max,
       extract(epoch from catch_up_window)::bigint as catch_up_window,
       created_at, next_fire_at, clock_timestamp() as now
from agentcron.schedules
where next_fire_at <= clock_timestamp()
order by next_fire_at limit 500
for no key update skip locked

-- name: busy_schedules
-- Which of these have an unfinished task, and whether that one waits for a person: from the small
-- tables, never from tasks.
select schedule_id, task_id, waits from (
    select r.schedule_id, r.task_id, false as waits from agentcron.ready r
    where r.schedule_id = any($1::bigint[])
    union all
    select l.schedule_id, l.task_id, t.status = 'waiting_for_input'
    from agentcron.leases l join agentcron.tasks t on t.id = l.task_id
    where l.schedule_id = any($1::bigint[])
    union all
    select t.schedule_id, t.id, true
    from agentcron.questions q join agentcron.tasks t on t.id = q.task_id
    where q.outcome is null and t.schedule_id = any($1::bigint[])
) busy

-- name: materialise
-- One row per due time; a row that may run also gets its ready row. on conflict: the due time has
-- its row already (a restore of an old cursor), so it is not run twice.
with due as (
    select d.* from unnest($1::bigint[], $2::timestamptz[], $3::integer[], $4::text[],
                           $5::text[], $6::text[])
        as d (schedule_id, fire_time, fires_covered, status, reason, message)
), made as (
    insert into agentcron.tasks
        (schedule_id, schedule, agent, fire_time, fires_covered, run_at, priority, status,
         reason, message, finished_at, spec, owner)
    select s.id, s.name, s.agent, d.fire_time, d.fires_covered, d.fire_time, s.priority,
           d.status, d.reason, d.message, case when d.status = 'skipped' then clock_timestamp() end,
           agentcron.task_spec(s, '{}'), s.owner
    from due d join agentcron.schedules s on s.id = d.schedule_id
    on conflict (schedule_id, fire_time) do nothing
    returning id, schedule_id, schedule, fire_time, status, reason, priority, run_at
), queued as (
    insert into agentcron.ready (priority, run_at, task_id, schedule_id)
    select priority, run_at, id, schedule_id from made where status = 'queued'
)
select id, schedule, fire_time, status, reason from made order by fire_time, id

-- name: materialise_reboot
-- `@reboot` has no cursor: once per start of a machine, found by a fire time near $1. That instant
-- is known to a few seconds only, for the clock may have been set since.
with made as (
    insert into agentcron.tasks (schedule_id, schedule, agent, fire_time, run_at, priority, status,
                                 spec, owner)
    select s.id, s.name, s.agent, $1::timestamptz, statement_timestamp(), s.priority, 'queued',
           agentcron.task_spec(s, '{}'), s.owner
    from agentcron.schedules s
    where btrim(s.cron, E' \t') = '@reboot' and s.enabled and s.paused_at is null
      and s.error is null and s.planned_rev = s.rev
      and not exists (
          select from agentcron.tasks t where t.schedule_id = s.id
              and t.fire_time between $1::timestamptz - interval '1 minute'
                              and $1::timestamptz + interval '1 minute')
    on conflict (schedule_id, fire_time) do nothing
    returning id, schedule_id, schedule, fire_time, status, reason, priority, run_at
), queued as (
    insert into agentcron.ready (priority, run_at, task_id, schedule_id)
    select priority, run_at, id, schedule_id from made
)
select id, schedule, fire_time, status, reason from made order by id

-- name: next_due
select min(next_fire_at) as next_fire_at, clock_timestamp() as now from agentcron.schedules
where next_fire_at is not null

-- name: announce_ready
-- In a transaction without data and without an fsync: one that also writes would serialise every
-- commit of the server.
select set_config('synchronous_commit', 'off', true), agentcron.wake('ready')

-- name: upsert_agents
insert into agentcron.agents as a (name, driver, config, source, origin)
select x.name, x.driver, x.config::jsonb, 'yaml', $1
from unnest($2::text[], $3::text[], $4::text[]) as x (name, driver, config)
order by x.name
on conflict (name) do update
set driver = excluded.driver, config = excluded.config, origin = excluded.origin, updated_at = now()
where a.source = 'yaml'
  and (a.driver, a.config, a.origin)
      is distinct from (excluded.driver, excluded.config, excluded.origin)

-- name: upsert_schedules
-- Unchanged rows are not touched, so their cursors stand. Rows with source = sql are never touched.
insert into agentcron.schedules as s
    (name, source, origin, cron, timezone, agent, prompt, params, enabled, priority, overlap,
     while_waiting, catch_up, catch_up_window, catch_up_max, timeout, hold, retry_attempts,
     retry_backoff, retry_max_backoff)
select x.name, 'yaml', $1, x.cron, x.timezone, x.agent, x.prompt, x.params, x.enabled, x.priority,
       x.overlap, x.while_waiting, x.catch_up, make_interval(secs => x.catch_up_window),
       x.catch_up_max, make_interval(secs => x.timeout), make_interval(secs => x.hold),
       x.retry_attempts,
       make_interval(secs => x.retry_backoff), make_interval(secs => x.retry_max_backoff)
from jsonb_to_recordset($2::jsonb) as x
    (name text, cron text, timezone text, agent text, prompt text, params jsonb, enabled boolean,
     priority smallint, overlap text, while_waiting text, catch_up text, catch_up_window float8,
     catch_up_max integer, timeout float8, hold float8, retry_attempts integer,
     retry_backoff float8, retry_max_backoff float8)
order by x.name
on conflict (name) do update
set origin = excluded.origin, cron = excluded.cron, timezone = excluded.timezone,
    agent = excluded.agent, prompt = excluded.prompt, params = excluded.params,
    enabled = excluded.enabled, priority = excluded.priority, overlap = excluded.overlap,
    while_waiting = excluded.while_waiting,
    catch_up = excluded.catch_up, catch_up_window = excluded.catch_up_window,
    catch_up_max = excluded.catch_up_max, timeout = excluded.timeout, hold = excluded.hold,
    retry_attempts = excluded.retry_attempts, retry_backoff = excluded.retry_backoff,
    retry_max_backoff = excluded.retry_max_backoff
where s.source = 'yaml'
  and (s.origin, s.cron, s.timezone, s.agent, s.prompt, s.params, s.enabled, s.priority, s.overlap,
       s.while_waiting, s.catch_up, s.catch_up_window, s.catch_up_max, s.timeout, s.hold,
       s.retry_attempts, s.retry_backoff, s.retry_max_backoff)
      is distinct from
      (excluded.origin, excluded.cron, excluded.timezone, excluded.agent, excluded.prompt,
       excluded.params, excluded.enabled, excluded.priority, excluded.overlap,
       excluded.while_waiting, excluded.catch_up,
       excluded.catch_up_window, excluded.catch_up_max, excluded.timeout, excluded.hold,
       excluded.retry_attempts, excluded.retry_backoff, excluded.retry_max_backoff)
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
