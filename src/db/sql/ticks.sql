-- What a scheduler's tick does beside reading schedules. `now` is the tick's own, the same for all
-- its statements.

-- name: tick_now
-- And for this transaction: plans are made once for a session (planning them anew took 9 of the 15
-- ms of a tick), and made for many schedules however few there are now.
select clock_timestamp() as now, set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('enable_seqscan', 'off', true)

-- name: new_task_ids
select nextval(pg_get_serial_sequence('agentcron.tasks', 'id')) from generate_series(1, $1::integer)

-- name: materialise
-- One row per due time; one that runs gets its place in the queue. on conflict: the due time has
-- its row already (a restore of an old cursor), so it is not run twice.
with due as (
    select d.* from unnest($1::bigint[], $2::timestamptz[], $3::integer[], $4::timestamptz[],
                           $5::timestamptz[], $6::text[], $7::text[], $8::text[], $9::text[],
                           $10::bigint[], $12::bigint[])
        as d (schedule_id, fire_time, fires_covered, covers_from, run_at, trigger, status, reason,
              message, because_of, id)
), made as (
    insert into agentcron.tasks
        (id, schedule_id, schedule, agent, fire_time, fires_covered, covers_from, run_at, priority,
         trigger, status, reason, message, waited_for, because_of, finished_at, spec, owner,
         watched)
    select coalesce(d.id, nextval(pg_get_serial_sequence('agentcron.tasks', 'id'))), s.id, s.name,
           s.agent, d.fire_time, d.fires_covered, d.covers_from, d.run_at, s.priority, d.trigger,
           d.status, d.reason,
           case d.reason when 'missed' then agentcron.downtime_at(d.fire_time) else d.message end,
           case when d.status = 'queued' and d.trigger = 'catch_up'
                then agentcron.downtime_at(d.fire_time) end,
           d.because_of,
           case when d.status = 'skipped' then clock_timestamp() end,
           agentcron.task_spec(s, '{}'), s.owner, agentcron.is_watched(s)
    from due d join agentcron.schedules s on s.id = d.schedule_id
    order by d.fire_time, s.id
    on conflict (schedule_id, fire_time) do nothing
    returning id, schedule_id, schedule, fire_time, status, reason, priority, run_at, spec
), queued as (
    insert into agentcron.ready (turn_at, task_id, schedule_id)
    select agentcron.turn_at(run_at, priority), id, schedule_id from made
    where status = 'queued' and run_at <= $11::timestamptz
), later as (
    insert into agentcron.held (task_id, key, turn_at, until, schedule_id)
    select id, 'time', agentcron.turn_at(run_at, priority), run_at, schedule_id from made
    where status = 'queued' and run_at > $11::timestamptz
), limited as (
    insert into agentcron.alarms (at, kind, task_id)
    select run_at + make_interval(secs => (spec ->> 'queue_timeout')::float8), 'queue', id from made
    where status = 'queued' and (spec ->> 'queue_timeout')::float8 > 0
), counted as (
    update agentcron.schedules s set runs = s.runs + m.runs
    from (select schedule_id, count(*) as runs from made where status = 'queued'
          group by schedule_id) m
    where s.id = m.schedule_id and s.max_runs is not null
)
select id, schedule, fire_time, status, reason, run_at from made order by fire_time, id

-- name: materialise_reboot
-- `@reboot` has no cursor: once per start of a machine, found by a fire time near $1. That instant
-- is known to a few seconds only, for the clock may have been set since.
with made as (
    insert into agentcron.tasks (schedule_id, schedule, agent, fire_time, run_at, priority, trigger,
                                 status, spec, owner, watched)
    select s.id, s.name, s.agent, $1::timestamptz, statement_timestamp(), s.priority, 'schedule',
           'queued', agentcron.task_spec(s, '{}'), s.owner, agentcron.is_watched(s)
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
    insert into agentcron.ready (turn_at, task_id, schedule_id)
    select agentcron.turn_at(run_at, priority), id, schedule_id from made
)
select id, schedule, fire_time, status, reason, run_at from made order by id

-- name: ring_alarms
select agentcron.ring_alarms($1::timestamptz) as rung

-- name: next_due
-- The earliest instant at which a tick has something to do.
select least((select min(s.next_fire_at) from agentcron.schedules s
              where s.next_fire_at is not null),
             (select min(a.at) from agentcron.alarms a)) as next_at,
       clock_timestamp() as now

-- name: scheduler_starts
insert into agentcron.schedulers (id, host, pid, version)
values (gen_random_uuid(), $1, $2::integer, $3)
returning id

-- name: scheduler_lives
update agentcron.schedulers set heartbeat_at = clock_timestamp() where id = $1::uuid

-- name: scheduler_stopped
update agentcron.schedulers set heartbeat_at = clock_timestamp(), stopped_at = clock_timestamp()
where id = $1::uuid

-- name: short_forecasts
-- Of these, the schedules whose forecast is used up.
select s.id from unnest($1::bigint[]) as s (id)
left join agentcron.forecasts f on f.schedule_id = s.id
where f.schedule_id is null or cardinality(f.fires) < 8
   or f.fires[cardinality(f.fires) - 7] <= $2::timestamptz

-- name: forecast
insert into agentcron.forecasts as f (schedule_id, fires)
select x.id, x.fires::timestamptz[] from unnest($1::bigint[], $2::text[]) as x (id, fires)
on conflict (schedule_id) do update set fires = excluded.fires

-- name: old_schedulers
-- Their times are wanted for as long as people ask what was missed.
delete from agentcron.schedulers
where coalesce(stopped_at, heartbeat_at) < clock_timestamp() - interval '400 days'
