-- The views again, for chains, catch-up, pauses and backfills; columns are only added, at the end.
-- The users' interface: documented and stable. Times are timestamptz, durations are intervals.

-- Times and spans within sentences, the same whatever the session's settings.
create function agentcron.utc_text(at timestamptz) returns text
    language sql immutable parallel safe as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;
create function agentcron.span_text(span interval) returns text
    language sql immutable parallel safe as $$
    select case when s < 60 then s || 's'
                when s < 3600 then concat(s / 60, 'm', nullif(s % 60, 0) || 's')
                when s < 86400 then concat(s / 3600, 'h', nullif(s % 3600 / 60, 0) || 'm')
                else concat(s / 86400, 'd', nullif(s % 86400 / 3600, 0) || 'h') end
    from (select floor(extract(epoch from span))::bigint as s) x
$$;

create or replace view agentcron.task_history as
select t.id, t.schedule, t.agent, t.status, t.reason, t.fire_time, t.fires_covered, t.attempt,
       t.created_at, t.started_at, t.finished_at,
       t.started_at - coalesce(t.fire_time, t.created_at) as delay,
       t.finished_at - t.started_at as duration,
       t.exit_code, t.summary, t.message, t.result, t.cost_usd, t.input_tokens, t.output_tokens,
       t.session_id, t.owner, t.schedule_id, t.trigger, t.waited_for, t.because_of, t.covers_from
from agentcron.tasks t
where t.chain_id is null;
comment on view agentcron.task_history is
    'Every task: what it was, when it was due, how it went, what came out. A chain is one row; its '
    'steps are in step_history.';
comment on column agentcron.task_history.trigger is
    'What made it: schedule, catch_up, backfill, manual, or after (another schedule''s task).';
comment on column agentcron.task_history.waited_for is 'What kept it from starting in time.';
comment on column agentcron.task_history.because_of is
    'The task because of which it was skipped, cancelled, made to wait, or made.';
comment on column agentcron.task_history.covers_from is
    'The oldest of the fire times that the row stands for; null: fire_time alone.';

create view agentcron.step_history as
select t.chain_id as task_id, t.step_no, t.step, t.id as step_task_id, t.schedule, t.agent,
       t.status, t.reason, t.attempt, t.started_at, t.finished_at,
       t.finished_at - t.started_at as duration, t.result, t.message, t.summary, t.exit_code,
       t.cost_usd, t.fire_time
from agentcron.tasks t
where t.chain_id is not null;
comment on view agentcron.step_history is 'The steps of chains. A step is a task of its own.';
comment on column agentcron.step_history.task_id is 'The chain, a row of task_history.';
comment on column agentcron.step_history.step_task_id is
    'The step''s own task, for logs, answer and show.';
comment on column agentcron.step_history.status is
    'blocked (upstream): it waits for the step before it. cancelled (upstream): an earlier step '
    'did not succeed.';

create or replace view agentcron.attempt_history as
select a.task_id, a.run_no, a.attempt, t.schedule, t.agent, a.started_at, a.finished_at,
       a.finished_at - a.started_at as duration, a.outcome, a.reason, a.message,
       a.exit_code, a.signal,
       a.usage, w.host, w.pid as worker_pid, t.step, t.chain_id
from agentcron.attempts a
join agentcron.tasks t on t.id = a.task_id
left join agentcron.workers w on w.id = a.worker_id;
comment on view agentcron.attempt_history is 'Every execution of every task and step.';
comment on column agentcron.attempt_history.step is
    'Of a step of the chain chain_id; null: of a task that is no step.';

create or replace view agentcron.running as
select t.id, t.schedule, t.agent, t.status, t.attempt, a.started_at,
       clock_timestamp() - a.started_at as running_for, w.host, w.pid as worker_pid, l.lease_until,
       l.cancel_requested, t.step, t.chain_id
from agentcron.leases l
join agentcron.tasks t on t.id = l.task_id
join agentcron.attempts a on a.task_id = l.task_id and a.run_no = l.run_no
left join agentcron.workers w on w.id = l.worker_id
union all
select t.id, t.schedule, t.agent, t.status, t.attempt, t.started_at,
       clock_timestamp() - t.started_at, null, null, null, false, null, null
from agentcron.chains c
join agentcron.tasks t on t.id = c.task_id;
comment on view agentcron.running is
    'Tasks that have a living process, and where; and chains that have begun, which have none of '
    'their own.';
comment on column agentcron.running.step is 'The step''s name, for a step of the chain chain_id.';

create or replace view agentcron.inbox as
select q.task_id, q.id as question_id, t.schedule, t.agent, q.kind, q.headline, q.body, q.options,
       q.default_option, q.asked_at, clock_timestamp() - q.asked_at as age, q.deadline,
       not exists (select from agentcron.leases l where l.task_id = q.task_id) as parked,
       format('agentcron answer %s "..."', q.task_id) as answer_with,
       (select count(distinct o.task_id) from agentcron.questions o
        where o.joins = q.id and o.outcome is null) as also_waiting,
       t.step, t.chain_id
from agentcron.questions q join agentcron.tasks t on t.id = q.task_id
where q.outcome is null and q.joins is null;
comment on view agentcron.inbox is
    'Open questions, and how to answer them. parked: the process has ended; the answer starts a '
    'new leg.';
comment on column agentcron.inbox.deadline is
    'When it closes without an answer (input_timeout); null: never.';
comment on column agentcron.inbox.also_waiting is
    'How many other tasks asked the same: one answer is for all of them.';

create view agentcron.scheduler_status as
select s.id, s.host, s.pid, s.version, s.started_at, s.heartbeat_at, s.stopped_at,
       case when s.stopped_at is not null then 'stopped'
            when s.heartbeat_at < clock_timestamp() - interval '90 seconds' then 'lost'
            else 'alive' end as state
from agentcron.schedulers s;
comment on view agentcron.scheduler_status is 'Scheduler processes and whether they live.';

create view agentcron.downtime as
with spans as (
    select s.started_at as from_at,
           case s.state when 'alive' then 'infinity'
                        else coalesce(s.stopped_at, s.heartbeat_at) end as to_at
    from agentcron.scheduler_status s
), edges as (
    select from_at, max(to_at) over (order by from_at, to_at
                                     rows between unbounded preceding and 1 preceding) as last_to
    from spans
    union all
    select 'infinity', max(to_at) from spans
)
select e.last_to as from_at, nullif(e.from_at, 'infinity') as to_at,
       least(e.from_at, clock_timestamp()) - e.last_to as duration
from edges e
where e.last_to < e.from_at;
comment on view agentcron.downtime is 'The times in which no scheduler lived, between the first '
    'one''s start and now.';
comment on column agentcron.downtime.from_at is
    'The last sign of life of the last one: its stop, or the heartbeat before it was killed.';
comment on column agentcron.downtime.to_at is 'null: it goes on.';

create or replace view agentcron.upcoming as
select s.name as schedule, x.fire_time, x.fire_time - clock_timestamp() as due_in, s.agent, s.cron,
       s.timezone
from agentcron.schedules s
join agentcron.forecasts f on f.schedule_id = s.id
cross join lateral (
    select u.at as fire_time from unnest(f.fires) u (at)
    where u.at > clock_timestamp() and u.at >= s.next_fire_at
    order by u.at
    limit case when s.max_runs is not null then greatest(s.max_runs - s.runs, 0) end) x
where s.enabled and s.paused_at is null and s.error is null and s.planned_rev = s.rev
order by x.fire_time, s.name;
comment on view agentcron.upcoming is
    'Coming fire times of all schedules, each as far as its scheduler has looked ahead. Paused and '
    'disabled ones are left out. `agentcron upcoming` computes any number of days.';

create or replace view agentcron.schedule_status as
select s.id, s.name, s.source,
       case when s.error is not null then 'error'
            when not s.enabled then 'disabled'
            when s.paused_at is not null then 'paused'
            when s.planned_rev <> s.rev then 'unplanned'
            when s.next_fire_at is null and (s.runs >= s.max_runs or s.ends_at is not null)
                then 'finished'
            when s.next_fire_at is null and btrim(s.cron, E' \t') <> '@reboot' and s.after = '{}'
                then 'never'
            when s.next_fire_at < clock_timestamp() - interval '1 minute'
                then case when alive.scheduler then 'late' else 'down' end
            when not alive.worker and (
                exists (select from agentcron.ready r join agentcron.tasks t on t.id = r.task_id
                        where r.schedule_id = s.id
                          and t.run_at < clock_timestamp() - interval '1 minute')
                or exists (select from agentcron.held h
                           where h.schedule_id = s.id
                             and h.until < clock_timestamp() - interval '1 minute')
                or exists (select from agentcron.chains c
                           join agentcron.tasks t on t.chain_id = c.task_id
                           where c.schedule_id = s.id and t.status = 'queued'
                             and t.run_at < clock_timestamp() - interval '1 minute'))
                then 'late'
            else 'ok' end as state,
       s.cron, s.timezone, s.agent, s.next_fire_at,
       last.id as last_task, last.status as last_status, last.fire_time as last_fire_time,
       last.finished_at as last_finished_at,
       recent.runs, recent.succeeded, recent.failed,
       case when recent.succeeded + recent.failed > 0
            then round(recent.succeeded::numeric / (recent.succeeded + recent.failed), 3)
       end as success_rate,
       make_interval(secs => recent.spans[1]) as p50_duration,
       make_interval(secs => recent.spans[2]) as p95_duration,
       s.error, s.paused_at, s.paused_by, s.paused_reason, s.owner,
       recent.last_success_at, recent.failures_in_row,
       case when recent.failures_in_row > 0 then -recent.failures_in_row
            else recent.successes_in_row end as streak,
       s.runs as runs_made, s.max_runs, s.starts_at, s.ends_at
from agentcron.schedules s
cross join (
    select exists (select from agentcron.schedulers x
                   where x.stopped_at is null
                     and x.heartbeat_at > clock_timestamp() - interval '90 seconds') as scheduler,
           exists (select from agentcron.workers x
                   where x.stopped_at is null
                     and x.heartbeat_at > clock_timestamp() - interval '90 seconds') as worker
    ) alive
left join lateral (
    select count(*) filter (where r.status <> 'skipped') as runs,
           count(*) filter (where r.status = 'succeeded') as succeeded,
           count(*) filter (where r.status = 'failed') as failed,
           percentile_cont(array[0.5, 0.95]) within group (
               order by extract(epoch from r.finished_at - r.started_at))
               filter (where r.started_at is not null and r.finished_at is not null) as spans,
           max(r.finished_at) filter (where r.status = 'succeeded') as last_success_at,
           count(*) filter (where r.status = 'failed' and r.successes_since = 0)
               as failures_in_row,
           count(*) filter (where r.status = 'succeeded' and r.failures_since = 0)
               as successes_in_row,
           max(r.fire_time) filter (where r.status <> 'skipped') as last_fire_time
    from (select t.status, t.fire_time, t.started_at, t.finished_at,
                 count(*) filter (where t.status = 'succeeded') over newest as successes_since,
                 count(*) filter (where t.status = 'failed') over newest as failures_since
          from (select x.status, x.fire_time, x.started_at, x.finished_at
                from agentcron.tasks x
                where x.schedule_id = s.id and x.fire_time is not null
                order by x.fire_time desc limit 50) t
          window newest as (order by t.fire_time desc)) r
    ) recent on true
left join lateral (
    (select t.id, t.status, t.fire_time, t.finished_at from agentcron.tasks t
     where t.schedule_id = s.id and t.fire_time = recent.last_fire_time)
    union all
    -- `+ 0`: or the planner walks through the ids of all schedules' tasks.
    (select t.id, t.status, t.fire_time, t.finished_at from agentcron.tasks t
     where t.schedule_id = s.id and t.fire_time is null and recent.last_fire_time is null
     order by t.id + 0 desc limit 1)) last on true;
comment on view agentcron.schedule_status is
    'Every schedule: its state, next and last fire, and figures over its last 50 due times. '
    'Computed from the clock, so that it is right also when no daemon lives.';
comment on column agentcron.schedule_status.state is
    'error; disabled; paused; unplanned: no scheduler has read the declaration yet; finished: '
    'max_runs or ends_at is reached; never: no fire time to come; down: due for more than a minute '
    'and no scheduler lives; late: due although one lives, or queued while no worker lives; ok.';
comment on column agentcron.schedule_status.last_task is
    'The newest due time that was not skipped; without one the newest manual run.';
comment on column agentcron.schedule_status.runs is 'Of the last 50 due times, those that ran.';
comment on column agentcron.schedule_status.last_success_at is
    'When the newest success ended; null: none among the last 50 due times.';
comment on column agentcron.schedule_status.failures_in_row is
    'Failed tasks since the last success; skipped and cancelled ones do not count.';
comment on column agentcron.schedule_status.streak is
    'So many successes in a row, or as a negative number failures.';
comment on column agentcron.schedule_status.runs_made is
    'Due times that ran or will, of at most max_runs.';

create or replace view agentcron.daily_summary as
select (t.finished_at at time zone 'UTC')::date as day, t.schedule,
       count(*) filter (where t.status <> 'skipped') as runs,
       count(*) filter (where t.status = 'succeeded') as succeeded,
       count(*) filter (where t.status = 'failed') as failed,
       sum(t.cost_usd) as cost_usd,
       count(*) filter (where t.status = 'skipped' and t.reason <> 'missed') as skipped,
       coalesce(sum(t.fires_covered) filter (where t.reason = 'missed'), 0) as missed
from agentcron.tasks t
where t.finished_at is not null and t.chain_id is null
group by 1, 2;
comment on view agentcron.daily_summary is
    'Runs, failures, skipped and missed due times, and cost per UTC day and schedule; a chain is '
    'one run.';
comment on column agentcron.daily_summary.missed is 'Fire times that nobody was there for.';

create view agentcron.backfill_status as
select b.id, s.name as schedule, b.from_at, b.to_at,
       case when b.error is not null then 'error'
            when b.finished_at is null then 'making'
            when tasks.unfinished > 0 then 'running'
            else 'finished' end as state,
       b.cursor, b.made, b.rerun, b.kept, tasks.finished, tasks.succeeded, tasks.failed,
       tasks.skipped, tasks.unfinished, b.overlap, b.at_once, b.priority, b.made_at, b.made_by,
       b.finished_at, b.error
from agentcron.backfills b
left join agentcron.schedules s on s.id = b.schedule_id
cross join lateral (
    select count(*) filter (where t.finished_at is not null) as finished,
           count(*) filter (where t.status = 'succeeded') as succeeded,
           count(*) filter (where t.status in ('failed', 'cancelled')) as failed,
           count(*) filter (where t.status = 'skipped') as skipped,
           count(*) filter (where t.finished_at is null) as unfinished
    from agentcron.tasks t
    where t.schedule_id = b.schedule_id and t.fire_time >= b.from_at and t.fire_time < b.to_at
      and t.trigger = 'backfill' and t.run_at >= b.made_at) tasks;
comment on view agentcron.backfill_status is
    'Backfills and how far they are: fire times made (made), made to run that had been skipped '
    '(rerun) or left because they had run (kept), and what became of the tasks.';
comment on column agentcron.backfill_status.state is
    'making: fire times are still to be made into tasks; running: all are made, not all have '
    'ended; finished; error.';
comment on column agentcron.backfill_status.cursor is 'Fire times before it are dealt with.';
comment on column agentcron.backfill_status.failed is 'Failed or cancelled.';
