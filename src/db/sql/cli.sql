-- What the command line reads and calls. People wait for these and machines parse them: every read
-- is bounded, spans come as seconds (numbers in JSON), and lists end with the newest, next to the
-- prompt. The views and functions are the ones that SQL users have.

-- name: cli_agent
select a.driver, a.config from agentcron.agents a where a.name = $1

-- name: cli_agents
select a.name, a.driver, a.config -> 'command' as command,
       a.config ->> 'workspace_dir' as workspace_dir,
       (select count(*) from agentcron.schedules s where s.agent = a.name) as schedules,
       a.source, a.origin, a.updated_at
from agentcron.agents a
order by a.name limit $1::bigint

-- name: cli_answer
-- The question's id is named, so that a question that came up meanwhile is not answered by mistake.
select agentcron.answer($1::bigint, $2, $3, 'cli', $4::bigint) as question_id

-- name: cli_attempts
-- The latest ones: a task that is retried for ever has many.
select * from (
    select h.run_no, h.attempt, h.started_at, h.finished_at,
           round(extract(epoch from coalesce(h.finished_at, clock_timestamp()) - h.started_at), 3)
               as duration_s,
           h.outcome, h.reason, h.message, h.exit_code, h.signal, h.usage, h.host, h.worker_pid,
           h.progress, h.progress_percent
    from agentcron.attempt_history h
    where h.task_id = $1::bigint order by h.run_no desc limit 100) latest
order by run_no

-- name: cli_cancel
select agentcron.cancel($1::bigint, $2) as state

-- name: cli_continue
select agentcron.continue_task($1::bigint, $2) as task_id

-- name: cli_conversation
-- A task that was told to go on and has not started yet: where the earlier one was.
select t.id as task_id, t.status, t.session_id, t.agent, g.driver, g.config, a.directory, w.host,
       agentcron.shares_session(t) as shared_with, t.finished_at is not null as finished
from agentcron.tasks t
left join agentcron.agents g on g.name = t.agent
left join lateral (
    select x.directory, x.worker_id from agentcron.attempts x
    where x.task_id in (t.id, t.continues) and x.directory is not null
    order by x.task_id desc, x.run_no desc limit 1) a on true
left join agentcron.workers w on w.id = a.worker_id
where t.id = $1::bigint

-- name: cli_enqueue
select agentcron.enqueue($1, $2, $3::jsonb, $4::timestamptz) as task_id

-- name: cli_inbox
-- The oldest come first in the inbox view's own sense: who waits longest is dealt with first.
select i.task_id, i.question_id, i.schedule, i.agent, i.kind, i.headline, i.body, i.options,
       i.default_option, i.asked_at, round(extract(epoch from i.age), 3) as age_s, i.deadline,
       i.parked, i.answer_with, i.also_waiting, i.step, i.chain_id, i.items, i.schema, i.request
from agentcron.inbox i
order by i.question_id limit $1::bigint

-- name: cli_messages
select m.id, m.sent_at, m.sent_by, m.body, m.delivered_at from agentcron.messages m
where m.task_id = $1::bigint order by m.id limit 100

-- name: cli_open_question
-- The one that agentcron.answer would take: the oldest, or the one that is named.
select q.id, q.kind, q.headline, q.options from agentcron.questions q
where q.task_id = $1::bigint and q.outcome is null and ($2::bigint is null or q.id = $2::bigint)
order by q.id limit 1

-- name: cli_output
-- What comes after row $3 of run $2. Through attempts, whose output_day names the partition; each
-- run by itself, so that its index gives the order and a long log is not sorted for every batch. A
-- batch is 200 rows and, but for one that is larger alone, about 1 MiB.
select run_no, seq, attempt, at, stream, kind, body
from (
    select o.*, a.attempt, sum(octet_length(o.body)) over (order by o.run_no, o.seq)
               - octet_length(o.body) as bytes_before
    from agentcron.attempts a
    cross join lateral (
        select o.run_no, o.seq, o.at, o.stream, o.kind, o.body
        from agentcron.output o
        where o.day = a.output_day and o.task_id = a.task_id and o.run_no = a.run_no
          and o.seq > case when a.run_no = $2::integer then $3::bigint else -1 end
        order by o.seq limit 200) o
    where a.task_id = $1::bigint and a.run_no >= $2::integer
      and ($4::integer is null or a.attempt = $4::integer)
    order by o.run_no, o.seq limit 200) batch
where bytes_before < 1048576
order by run_no, seq

-- name: cli_pause
select $1::text as name, true as paused from agentcron.pause($1::text, $2, $3)

-- name: cli_questions
select q.id, q.run_no, q.kind, q.headline, q.body, q.options, q.items, q.schema, q.request,
       q.default_option, q.asked_at, q.deadline, q.outcome, q.answer, q.answered_by,
       q.answered_via, q.closed_at, q.delivered_at
from agentcron.questions q where q.task_id = $1::bigint order by q.id limit 100

-- name: cli_resume
select $1::text as name, false as paused from agentcron.resume($1::text)

-- name: cli_retry
select agentcron.retry($1::bigint) as task_id

-- name: cli_send
select agentcron.send_message($1::bigint, $2) as message_id

-- name: cli_steps
-- Of a chain, in order. Those to come are there as soon as it has started.
select h.step_no, h.step, h.step_task_id as task_id, h.agent, h.status, h.reason, h.attempt,
       h.started_at, h.finished_at,
       round(extract(epoch from coalesce(h.finished_at, clock_timestamp()) - h.started_at), 3)
           as duration_s,
       h.exit_code, h.summary, h.message, h.result
from agentcron.step_history h
where h.task_id = $1::bigint order by h.step_no

-- name: cli_task
-- Of a step too, which task_history does not show.
select t.id, t.schedule, t.agent, t.status, t.reason, t.message, t.fire_time, t.fires_covered,
       t.covers_from, t.trigger, t.continues, t.waited_for, t.because_of, t.chain_id, t.step_no,
       t.step,
       t.run_at, t.attempt, t.created_at, t.started_at, t.finished_at,
       round(extract(epoch from t.started_at - coalesce(t.fire_time, t.created_at)), 3) as delay_s,
       round(extract(epoch from t.finished_at - t.started_at), 3) as duration_s,
       t.exit_code, t.summary, t.result, t.cost_usd, t.input_tokens, t.output_tokens, t.session_id,
       t.priority, t.owner, t.inputs, t.spec
from agentcron.tasks t
where t.id = $1::bigint

-- name: cli_task_state
select t.status, t.reason, t.message, t.spec ? 'steps' as is_chain
from agentcron.tasks t where t.id = $1::bigint

-- name: cli_tasks
-- duration_s of a task that still runs is its age.
select * from (
    select h.id, h.schedule, h.agent, h.status, h.reason, h.fire_time, h.fires_covered, h.attempt,
           h.created_at, h.started_at, h.finished_at,
           round(extract(epoch from h.delay), 3) as delay_s,
           round(extract(epoch from coalesce(h.finished_at, clock_timestamp()) - h.started_at), 3)
               as duration_s,
           h.exit_code, h.summary, h.message, h.result, h.cost_usd, h.input_tokens,
           h.output_tokens, h.owner, h.trigger, h.waited_for, h.because_of
    from agentcron.task_history h
    where ($1::text is null or h.schedule = $1)
      and ($2::text[] is null or h.status = any ($2::text[]))
      and ($3::timestamptz is null or coalesce(h.fire_time, h.created_at) >= $3::timestamptz)
    order by h.id desc limit $4::bigint) newest
order by id

-- name: cli_trigger
select agentcron.trigger_schedule($1, $2::jsonb) as task_id

-- name: cli_watch
-- Who follows a task says so; its worker then announces new output.
select pg_notify('agentcron', 'watch:' || $1::bigint)

-- name: cli_workers
-- Living ones last, next to the prompt; old starts only as far as the limit goes.
select * from (
    select w.id, w.host, w.pid, w.version, w.slots, w.running, w.started_at,
           w.heartbeat_at, w.draining, w.state
    from agentcron.worker_status w
    order by w.state = 'alive' desc, w.started_at desc limit $1::bigint) newest
order by state = 'alive', started_at
