-- What the command line reads of schedules and their due times; the rules of cli.sql hold here too.

-- name: cli_backfill
select agentcron.backfill($1, $2::timestamptz, $3::timestamptz, $4, $5::integer, $6::integer) as id

-- name: cli_backfill_rows
-- What there is already of a span: to say what a backfill would do.
select t.fire_time, t.id as task_id, t.status, t.reason
from agentcron.tasks t
where t.schedule_id = (select s.id from agentcron.schedules s where s.name = $1)
  and t.fire_time >= $2::timestamptz and t.fire_time < $3::timestamptz
order by t.fire_time

-- name: cli_backfill_status
-- `served`: somebody is there to make its tasks, and to run them.
select b.id, b.schedule, b.from_at, b.to_at, b.state, b.cursor, b.made, b.rerun, b.kept,
       b.finished, b.succeeded, b.failed, b.skipped, b.unfinished,
       (select count(*) from agentcron.running r
        join agentcron.tasks t on t.id = r.id
        where t.schedule = b.schedule and t.trigger = 'backfill') as running,
       b.overlap, b.at_once, b.priority, b.made_at, b.made_by, b.finished_at, b.error,
       exists (select from agentcron.scheduler_status x where x.state = 'alive') as has_scheduler,
       exists (select from agentcron.worker_status x where x.state = 'alive') as has_worker
from agentcron.backfill_status b where b.id = $1::bigint

-- name: cli_schedule_names
-- For "did you mean".
select s.name from agentcron.schedules s order by s.name limit 1000

-- name: cli_schedule_times
-- All that tells when schedules fire: of one, or of those that do. `now` as the database has it.
select s.name, s.agent, s.cron, s.timezone, s.starts_at, s.ends_at, to_jsonb(s.exclude) as exclude,
       s.created_at, s.enabled, s.paused_at, s.paused_by, s.paused_reason, s.error,
       s.planned_rev = s.rev as is_planned, s.next_fire_at, s.runs, s.max_runs,
       to_jsonb(s.after) as after,
       clock_timestamp() as now
from agentcron.schedules s
where s.name = $1
   or $1 is null and s.enabled and s.paused_at is null and s.error is null
order by s.name

-- name: cli_schedules
-- Only those that are shown have their figures computed.
select s.name, s.state, s.cron, s.timezone, s.agent, s.next_fire_at, s.last_task, s.last_status,
       s.last_fire_time, s.last_finished_at, s.runs, s.succeeded, s.failed, s.success_rate,
       round(extract(epoch from s.p50_duration), 3) as p50_duration_s,
       round(extract(epoch from s.p95_duration), 3) as p95_duration_s,
       s.error, s.paused_at, s.paused_by, s.paused_reason, s.source, s.owner, s.last_success_at,
       s.failures_in_row, s.streak, s.runs_made, s.max_runs, s.starts_at, s.ends_at
from agentcron.schedule_status s
where s.id = any (array(select x.id from agentcron.schedules x
                        where $1::text is null or x.name = $1
                        order by x.name limit $2::bigint))
order by s.name

-- name: cli_why
-- The last row is what comes next: it has no task yet. Manual runs answer no "why". The newest ones
-- are found by the index first, for to put a fate into words takes a look at several tables.
with s as materialized (
    select x.id from agentcron.schedules x where x.name = $1
), newest as (
    select w.fire_time, w.task_id, w.status, w.reason, w.explanation, w.fires_covered, w.kind,
           w.covers_from, w.because_of, w.trigger
    from agentcron.why w
    where w.schedule_id = (select s.id from s) and w.task_id = any (array(
        select t.id from agentcron.tasks t
        where t.schedule_id = (select s.id from s) and t.fire_time is not null
        order by t.fire_time desc limit $2::bigint))
    union all
    select w.fire_time, w.task_id, w.status, w.reason, w.explanation, w.fires_covered, w.kind,
           w.covers_from, w.because_of, w.trigger
    from agentcron.why w
    where w.schedule_id = (select s.id from s) and w.kind <> 'task'
)
select * from (select * from newest
               order by kind = 'next' desc, fire_time desc, task_id limit $2::bigint) latest
order by kind = 'next', fire_time, task_id

-- name: cli_why_around
-- The due times next to an instant that was none: the last one before it, and the first one after.
select w.fire_time, w.task_id, w.status, w.reason, w.explanation, w.fires_covered, w.kind,
       w.covers_from, w.because_of, w.trigger
from agentcron.why w
where w.task_id = any (array[
    (select t.id from agentcron.tasks t
     where t.schedule_id = (select s.id from agentcron.schedules s where s.name = $1)
       and t.fire_time < $2::timestamptz order by t.fire_time desc limit 1),
    (select t.id from agentcron.tasks t
     where t.schedule_id = (select s.id from agentcron.schedules s where s.name = $1)
       and t.fire_time > $2::timestamptz order by t.fire_time limit 1)])
order by w.fire_time

-- name: cli_why_at
-- The row of that due time; else the first later one that stands for others, if for this one too.
select w.fire_time, w.task_id, w.status, w.reason, w.explanation, w.fires_covered, w.kind,
       w.covers_from, w.because_of, w.trigger
from agentcron.why w
where w.task_id = (
    select coalesce(
        (select t.id from agentcron.tasks t
         where t.schedule_id = s.id and t.fire_time = $2::timestamptz),
        (select x.id from (
             select t.id, t.covers_from from agentcron.tasks t
             where t.schedule_id = s.id and t.fire_time > $2::timestamptz
               and t.covers_from is not null
             order by t.fire_time limit 1) x
         where x.covers_from <= $2::timestamptz))
    from agentcron.schedules s where s.name = $1)

-- name: cli_why_pause
-- The pause in which an instant lay.
select p.paused_at, p.paused_by, p.reason, p.resumed_at
from agentcron.pauses p
where p.schedule_id = (select s.id from agentcron.schedules s where s.name = $1)
  and p.paused_at <= $2::timestamptz
  and (p.resumed_at is null or p.resumed_at > $2::timestamptz)
order by p.paused_at desc limit 1
