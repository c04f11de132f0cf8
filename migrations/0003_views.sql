-- The users' interface: documented and stable. Times are timestamptz, durations are intervals.

create view agentcron.task_history as
select t.id, t.schedule, t.agent, t.status, t.reason, t.fire_time, t.fires_covered, t.attempt,
       t.created_at, t.started_at, t.finished_at,
       t.started_at - coalesce(t.fire_time, t.created_at) as delay,
       t.finished_at - t.started_at as duration,
       t.exit_code, t.summary, t.message, t.result, t.cost_usd, t.input_tokens, t.output_tokens,
       t.session_id, t.owner, t.schedule_id
from agentcron.tasks t;
comment on view agentcron.task_history is
    'Every task: what it was, when it was due, how it went, what came out.';
comment on column agentcron.task_history.delay is
    'From the fire time (a manual run: from its making) to the first start.';

create view agentcron.schedule_status as
select s.id, s.name, s.source,
       case when s.error is not null then 'error'
            when not s.enabled then 'disabled'
            when s.paused_at is not null then 'paused'
            when s.planned_rev <> s.rev then 'unplanned'
            when s.next_fire_at is null and btrim(s.cron) <> '@reboot' then 'never'
            when s.next_fire_at < clock_timestamp() - interval '1 minute' then 'late'
            else 'ok' end as state,
       s.cron, s.timezone, s.agent, s.next_fire_at,
       last.id as last_task, last.status as last_status, last.fire_time as last_fire_time,
       last.finished_at as last_finished_at,
       stats.runs, stats.succeeded, stats.failed,
       case when stats.succeeded + stats.failed > 0
            then round(stats.succeeded::numeric / (stats.succeeded + stats.failed), 3)
       end as success_rate,
       make_interval(secs => stats.p50) as p50_duration,
       make_interval(secs => stats.p95) as p95_duration,
       s.error, s.paused_at, s.paused_by, s.paused_reason, s.owner
from agentcron.schedules s
left join lateral (
    select t.id, t.status, t.fire_time, t.finished_at from agentcron.tasks t
    where t.schedule_id = s.id and t.status <> 'skipped'
    order by t.fire_time desc nulls last limit 1) last on true
left join lateral (
    select count(*) filter (where r.status <> 'skipped') as runs,
           count(*) filter (where r.status = 'succeeded') as succeeded,
           count(*) filter (where r.status = 'failed') as failed,
           percentile_cont(0.5) within group (
               order by extract(epoch from r.finished_at - r.started_at))
               filter (where r.started_at is not null and r.finished_at is not null) as p50,
           percentile_cont(0.95) within group (
               order by extract(epoch from r.finished_at - r.started_at))
               filter (where r.started_at is not null and r.finished_at is not null) as p95
    from (select t.status, t.started_at, t.finished_at from agentcron.tasks t
          where t.schedule_id = s.id order by t.fire_time desc nulls last limit 200) r
    ) stats on true;
comment on view agentcron.schedule_status is
    'Every schedule: its state, next and last fire, and figures over its last 200 tasks. state '
    'late: no scheduler has dealt with a due time for a minute.';

create view agentcron.inbox as
select q.task_id, q.id as question_id, t.schedule, t.agent, q.kind, q.headline, q.body, q.options,
       q.default_option, q.asked_at, clock_timestamp() - q.asked_at as age, q.deadline,
       not exists (select from agentcron.leases l where l.task_id = q.task_id) as parked,
       format('agentcron answer %s "..."', q.task_id) as answer_with
from agentcron.questions q join agentcron.tasks t on t.id = q.task_id
where q.outcome is null;
comment on view agentcron.inbox is
    'Open questions, and how to answer them. parked: the process has ended; the answer starts a '
    'new leg.';

create view agentcron.running as
select t.id, t.schedule, t.agent, t.status, t.attempt, a.started_at,
       clock_timestamp() - a.started_at as running_for, w.host, w.pid as worker_pid, l.lease_until,
       l.cancel_requested
from agentcron.leases l
join agentcron.tasks t on t.id = l.task_id
join agentcron.attempts a on a.task_id = l.task_id and a.run_no = l.run_no
left join agentcron.workers w on w.id = l.worker_id;
comment on view agentcron.running is 'Tasks that have a living process, and where.';

create view agentcron.upcoming as
select s.name as schedule, s.next_fire_at as fire_time,
       s.next_fire_at - clock_timestamp() as due_in,
       s.agent, s.cron, s.timezone
from agentcron.schedules s
where s.next_fire_at is not null and s.enabled and s.paused_at is null;
comment on view agentcron.upcoming is 'The next fire time of each schedule.';

-- Text from bytes that may be anything: what is not UTF-8 shows as \ooo and \\ as in bytea escape.
create function agentcron.as_text(body bytea) returns text
    language plpgsql immutable parallel safe as $$
begin
    return convert_from(body, 'UTF8');
exception when others then
    return encode(body, 'escape');
end $$;

create view agentcron.task_log as
select o.task_id, o.run_no, o.seq, o.at, o.stream, o.kind, agentcron.as_text(o.body) as text
from agentcron.output o;
comment on view agentcron.task_log is
    'What agents wrote, as text, in order of task_id, run_no, seq. The bytes themselves are in '
    'output.body.';

create view agentcron.attempt_history as
select a.task_id, a.run_no, a.attempt, t.schedule, t.agent, a.started_at, a.finished_at,
       a.finished_at - a.started_at as duration, a.outcome, a.reason, a.message,
       a.exit_code, a.signal,
       a.usage, w.host, w.pid as worker_pid
from agentcron.attempts a
join agentcron.tasks t on t.id = a.task_id
left join agentcron.workers w on w.id = a.worker_id;
comment on view agentcron.attempt_history is 'Every execution of every task.';

create view agentcron.why as
select t.schedule, t.fire_time, t.id as task_id, t.status, t.reason,
       case
           when t.status = 'queued' and t.reason = 'retry' then
               format('attempt %s failed; the next one starts at %s', t.attempt, t.run_at)
           when t.status = 'queued' then 'waits for a free slot'
           when t.status = 'running' then
               format('runs since %s, attempt %s', t.started_at, t.attempt)
           when t.status = 'waiting_for_input' then coalesce(
               (select format('waits for a person since %s: %s', q.asked_at, q.headline)
                from agentcron.questions q where q.task_id = t.id
                    and q.outcome is null order by q.id limit 1),
               'was answered and goes on')
           when t.status = 'succeeded' then
               format('ran from %s to %s, attempt %s', t.started_at, t.finished_at, t.attempt)
           when t.status = 'failed' then
               format('failed at %s after %s attempt(s): %s', t.finished_at, t.attempt,
                      coalesce(t.message, t.reason))
           when t.status = 'cancelled' then
               format('cancelled at %s%s', t.finished_at, ': ' || t.message)
           when t.reason = 'overlap' then coalesce(t.message, 'an earlier task was still running')
           when t.reason = 'open_question'
               then coalesce(t.message, 'an earlier task waits for a person')
           when t.reason = 'missed' then
               format('missed: no scheduler was there in time (%s fire time(s))', t.fires_covered)
           else coalesce(t.message, t.reason)
       end as explanation,
       t.fires_covered, t.schedule_id
from agentcron.tasks t
union all
select s.name, s.next_fire_at, null, null, '',
       case
           when s.error is not null then 'cannot fire: ' || s.error
           when not s.enabled then 'disabled'
           when s.paused_at is not null then
               format('paused since %s by %s%s', s.paused_at, s.paused_by, ': ' || s.paused_reason)
           when s.planned_rev <> s.rev then
               'no scheduler has read this declaration yet; is one running?'
           when s.next_fire_at is null and btrim(s.cron) = '@reboot' then
               'runs when agentcron starts, once per start of the machine'
           when s.next_fire_at is null then 'has no fire time to come'
           when s.next_fire_at < clock_timestamp()
               then 'due, and no scheduler has dealt with it yet'
           else 'not yet due'
       end,
       1, s.id
from agentcron.schedules s;
comment on view agentcron.why is
    'Every due time and what became of it, in words; the row without a task_id says what comes '
    'next.';

create view agentcron.daily_summary as
select (t.finished_at at time zone 'UTC')::date as day, t.schedule, count(*) as runs,
       count(*) filter (where t.status = 'succeeded') as succeeded,
       count(*) filter (where t.status = 'failed') as failed,
       sum(t.cost_usd) as cost_usd
from agentcron.tasks t
where t.finished_at is not null and t.status <> 'skipped'
group by 1, 2;
comment on view agentcron.daily_summary is 'Runs, failures and cost per UTC day and schedule.';

create view agentcron.worker_status as
select w.id, w.host, w.pid, w.version, w.slots,
       (select count(*) from agentcron.leases l where l.worker_id = w.id) as running,
       w.started_at, w.heartbeat_at, w.draining,
       case when w.stopped_at is not null then 'stopped'
            when w.heartbeat_at < clock_timestamp() - interval '90 seconds' then 'lost'
            else 'alive' end as state
from agentcron.workers w;
comment on view agentcron.worker_status is 'Worker processes and whether they live.';
