-- How far an agent is, in its own words: its latest word beside the attempt, written with its
-- output; all of them stand in the output as rows of kind progress.

alter table agentcron.attempts
    add column progress text,
    add column progress_percent real check (progress_percent between 0 and 100);
comment on column agentcron.attempts.progress is
    'What the agent said last about what it is doing.';

create or replace view agentcron.attempt_history as
select a.task_id, a.run_no, a.attempt, t.schedule, t.agent, a.started_at, a.finished_at,
       a.finished_at - a.started_at as duration, a.outcome, a.reason, a.message,
       a.exit_code, a.signal,
       a.usage, w.host, w.pid as worker_pid, t.step, t.chain_id, a.progress, a.progress_percent
from agentcron.attempts a
join agentcron.tasks t on t.id = a.task_id
left join agentcron.workers w on w.id = a.worker_id;

create or replace view agentcron.running as
select t.id, t.schedule, t.agent, t.status, t.attempt, a.started_at,
       clock_timestamp() - a.started_at as running_for, w.host, w.pid as worker_pid, l.lease_until,
       l.cancel_requested, t.step, t.chain_id, a.progress, a.progress_percent
from agentcron.leases l
join agentcron.tasks t on t.id = l.task_id
join agentcron.attempts a on a.task_id = l.task_id and a.run_no = l.run_no
left join agentcron.workers w on w.id = l.worker_id
union all
select t.id, t.schedule, t.agent, t.status, t.attempt, t.started_at,
       clock_timestamp() - t.started_at, null, null, null, false, null, null, null, null
from agentcron.chains c
join agentcron.tasks t on t.id = c.task_id;
comment on column agentcron.running.progress is
    'What the agent said last about what it is doing; null: nothing.';

comment on column agentcron.questions.request is
    'What the agent wants to do, e.g. {"tool": "Bash", "input": {"command": "ls"}}. Answer with '
    'allow, allow_session, deny: REASON or {"allow": true, "input": {...}}, which allows something '
    'else instead. {"ask": {...}}: the question itself, as `agentcron ask` asked it.';
