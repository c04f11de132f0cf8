-- What people and products call, again: now that queued tasks may be held, questions joined, and
-- tasks be chains. The rules at the head of 0002_functions.sql hold.

create or replace function agentcron.enqueue(
        agent text, prompt text default '', params jsonb default '{}',
        run_at timestamptz default null, options jsonb default '{}')
    returns bigint language plpgsql as $$
declare
    t agentcron.tasks;
    queue_timeout float8;
begin
    if not exists (select from agentcron.agents a where a.name = enqueue.agent) then
        raise exception 'there is no agent "%"', enqueue.agent using errcode = 'AC001',
            hint = 'Declare it in YAML under agents:, or insert it into agentcron.agents.';
    end if;
    if jsonb_typeof(enqueue.params) <> 'object' or jsonb_typeof(enqueue.options) <> 'object' then
        raise exception 'params and options are JSON objects' using errcode = '22023';
    end if;
    insert into agentcron.tasks (agent, run_at, priority, status, spec)
        values (enqueue.agent, coalesce(enqueue.run_at, now()),
                coalesce((enqueue.options ->> 'priority')::smallint, 100), 'queued',
                enqueue.options
                || jsonb_build_object('prompt', enqueue.prompt, 'params', enqueue.params))
        returning * into t;
    perform agentcron.put_in_queue(t);
    queue_timeout := (enqueue.options ->> 'queue_timeout')::float8;
    if queue_timeout > 0 then
        insert into agentcron.alarms (at, kind, task_id)
            values (t.run_at + make_interval(secs => queue_timeout), 'queue', t.id);
        perform agentcron.wake('schedules');
    end if;
    perform agentcron.wake('ready');
    return t.id;
end $$;
comment on function agentcron.enqueue is
    'Makes one task by hand and returns its id. options: the members of tasks.spec (timeout, hold, '
    'total_timeout, ... in seconds; retry; success), priority, and concurrency {group, limit}.';

create or replace function agentcron.trigger_schedule(name text, params jsonb default '{}')
    returns bigint language plpgsql as $$
declare
    s agentcron.schedules;
    t agentcron.tasks;
begin
    select * into s from agentcron.schedules x where x.name = trigger_schedule.name;
    if not found then
        raise exception 'there is no schedule "%"', trigger_schedule.name using errcode = 'AC001',
            hint = 'select name from agentcron.schedules';
    end if;
    if jsonb_typeof(trigger_schedule.params) is distinct from 'object' then
        raise exception 'params are a JSON object' using errcode = '22023';
    end if;
    insert into agentcron.tasks
            (schedule_id, schedule, agent, run_at, priority, status, spec, owner, watched)
        values (s.id, s.name, s.agent, now(), s.priority, 'queued',
                agentcron.task_spec(s, trigger_schedule.params), s.owner, agentcron.is_watched(s))
        returning * into t;
    perform agentcron.put_in_queue(t);
    perform agentcron.wake('ready');
    return t.id;
end $$;
comment on function agentcron.trigger_schedule is
    'Runs a schedule once, now, with params laid over its own; never moves its next fire time. '
    'Where its overlap policy lets only one task run, it waits its turn. Returns the task''s id.';

-- A task whose last question was closed goes on: a living process hears of it from its worker, a
-- parked task gets a new leg. The caller holds the task's lock.
create function agentcron.go_on(task_id bigint) returns void language plpgsql as $$
declare
    t agentcron.tasks;
begin
    if exists (select from agentcron.leases l where l.task_id = go_on.task_id) then
        perform agentcron.wake('signal');
        return;
    end if;
    update agentcron.tasks x set status = 'queued', run_at = now()
        where x.id = go_on.task_id and x.status = 'waiting_for_input' and not exists (
            select from agentcron.questions q
            where q.task_id = go_on.task_id and q.outcome is null)
        returning * into t;
    if found then
        perform agentcron.put_in_queue(t, true);
        perform agentcron.wake('ready');
    end if;
end $$;

create or replace function agentcron.answer(
        task_id bigint, answer text, answered_by text default current_user,
        answered_via text default 'sql', question_id bigint default null)
    returns bigint language plpgsql as $$
declare
    t agentcron.tasks;
    q agentcron.questions;
    other bigint;
begin
    if answer.answer is null then
        raise exception 'an answer is a text, not null' using errcode = '22004';
    end if;
    -- Questions that were joined are closed together, so all their tasks are locked, in order.
    perform from agentcron.tasks x where x.id in (
            select y.task_id from agentcron.questions o
            join agentcron.questions y
                on o.id = y.id or coalesce(y.joins, y.id) = coalesce(o.joins, o.id)
            where o.task_id = answer.task_id and o.outcome is null and y.outcome is null)
        order by x.id for no key update;
    t := agentcron.task_or_raise(answer.task_id);
    -- Several open ones: the oldest first, which is the one that the inbox shows on top.
    select * into q from agentcron.questions x
        where x.task_id = answer.task_id and x.outcome is null
          and (answer.question_id is null or x.id = answer.question_id)
        order by x.id limit 1 for update;
    if not found then
        select * into q from agentcron.questions x
            where x.task_id = answer.task_id and x.outcome is not null
              and (answer.question_id is null or x.id = answer.question_id)
            order by x.closed_at desc limit 1;
        if found and q.outcome = 'answered' then
            raise exception 'task % was already answered by % at %: %', answer.task_id,
                q.answered_by,
                to_char(q.closed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), q.answer
                using errcode = 'AC003';
        end if;
        raise exception 'task % does not wait for an answer; it is %', answer.task_id, t.status
            using errcode = 'AC002', hint = 'select * from agentcron.inbox';
    end if;
    for other in
        update agentcron.questions x
        set outcome = 'answered', answer = answer.answer, answered_by = answer.answered_by,
            answered_via = answer.answered_via, closed_at = clock_timestamp()
        where x.outcome is null
          and (x.id = q.id or coalesce(x.joins, x.id) = coalesce(q.joins, q.id))
        returning x.task_id
    loop
        perform agentcron.go_on(other);
    end loop;
    return q.id;
end $$;
comment on function agentcron.answer is
    'Answers the open question of a task (the oldest, or question_id) and those that joined it; '
    'returns the question''s id. The first answer wins, a second one is an error that says who was '
    'first.';

-- When a question closes without an answer, the oldest of those that joined it stands for them.
create function agentcron.questions_closed() returns trigger language plpgsql as $$
declare
    heir bigint;
begin
    select min(q.id) into heir from agentcron.questions q
        where q.joins = new.id and q.outcome is null;
    update agentcron.questions q set joins = nullif(heir, q.id)
        where q.joins = new.id and q.outcome is null;
    return null;
end $$;
create trigger questions_closed after update of outcome on agentcron.questions
    for each row when (old.outcome is null and new.outcome in ('withdrawn', 'expired'))
    execute function agentcron.questions_closed();

-- Ends a task of which nothing lives, or asks its worker to; `why` is user or replaced. A chain is
-- ended by the end of its step. Returns cancelled, or cancelling.
create function agentcron.cancel_task(task_id bigint, why text, words text, because_of bigint)
    returns text language plpgsql as $$
declare
    t agentcron.tasks;
    step_id bigint;
begin
    -- The step before its chain: so does whoever ends the step.
    perform from agentcron.tasks x
        where x.chain_id = cancel_task.task_id
          and x.status not in ('succeeded', 'failed', 'cancelled', 'skipped')
        order by x.id for no key update;
    t := agentcron.task_or_raise(cancel_task.task_id);
    if t.status in ('succeeded', 'failed', 'cancelled', 'skipped') then return t.status; end if;
    if exists (select from agentcron.chains c where c.task_id = t.id) then
        select x.id into step_id from agentcron.tasks x
            where x.chain_id = t.id and (x.status in ('queued', 'running', 'waiting_for_input')
                or x.status = 'blocked' and x.reason <> 'upstream')
            order by x.step_no limit 1;
        return agentcron.cancel_task(step_id, why, words, cancel_task.because_of);
    end if;
    update agentcron.leases l set cancel_requested = true, cancel_reason = why
        where l.task_id = t.id;
    if found then
        update agentcron.tasks x
            set message = words, because_of = cancel_task.because_of
            where x.id = t.id and words is not null;
        perform agentcron.wake('signal');
        return 'cancelling';
    end if;
    perform agentcron.leave_queue(t);
    update agentcron.questions q set outcome = 'withdrawn', closed_at = clock_timestamp()
        where q.task_id = t.id and q.outcome is null;
    update agentcron.tasks x
        set status = 'cancelled', reason = why, message = words,
            because_of = cancel_task.because_of, finished_at = clock_timestamp()
        where x.id = t.id;
    perform agentcron.release_held(array['schedule:' || t.schedule_id])
        where t.schedule_id is not null;
    perform agentcron.wake('ready');
    return 'cancelled';
end $$;

create or replace function agentcron.cancel(task_id bigint, reason text default null) returns text
    language plpgsql as $$
declare
    was text;
begin
    select t.status into was from agentcron.tasks t where t.id = cancel.task_id;
    if was in ('succeeded', 'failed', 'cancelled', 'skipped') then
        raise exception 'task % is already %', cancel.task_id, was using errcode = 'AC002';
    end if;
    was := agentcron.cancel_task(cancel.task_id, 'user', cancel.reason, null);
    if was in ('succeeded', 'failed', 'skipped') then
        raise exception 'task % is already %', cancel.task_id, was using errcode = 'AC002';
    end if;
    return was;
end $$;
comment on function agentcron.cancel is
    'Cancels a task. Returns cancelled, or cancelling while its process is being ended.';

create or replace function agentcron.retry(task_id bigint) returns bigint language plpgsql as $$
declare
    t agentcron.tasks := agentcron.task_or_raise(retry.task_id);
begin
    if t.status not in ('failed', 'cancelled', 'skipped', 'blocked') then
        raise exception
            'task % is %; only a failed, cancelled, skipped or blocked task can be retried',
            t.id, t.status using errcode = 'AC002';
    end if;
    if t.chain_id is not null then
        raise exception 'task % is step "%" of task %', t.id, t.step, t.chain_id
            using errcode = 'AC002',
            hint = format('Retry the chain: it goes on at the step that failed. '
                          'select agentcron.retry(%s)', t.chain_id);
    end if;
    perform agentcron.leave_queue(t);
    -- A person wants it: from here on it is no due time that a policy may drop.
    update agentcron.tasks x
        set status = 'queued', reason = '', message = null, run_at = now(), attempt = 0,
            started_at = null, finished_at = null, result = null, summary = null,
            exit_code = null, trigger = 'manual', overlap = null, waited_for = null,
            because_of = null, ends_by = null
        where x.id = t.id
        returning * into t;
    perform agentcron.put_in_queue(t);
    perform agentcron.wake('ready');
    return t.id;
end $$;
comment on function agentcron.retry is
    'Queues a finished task again with a new retry budget; its earlier attempts stay on record. A '
    'chain goes on at the step that failed.';

create function agentcron.backfill(
        name text, from_time timestamptz, to_time timestamptz, overlap text default 'queue_all',
        at_once integer default 10, priority integer default 200)
    returns bigint language plpgsql as $$
declare
    s agentcron.schedules;
    id bigint;
begin
    select * into s from agentcron.schedules x where x.name = backfill.name;
    if not found then
        raise exception 'there is no schedule "%"', backfill.name using errcode = 'AC001',
            hint = 'select name from agentcron.schedules';
    end if;
    if from_time >= to_time or to_time > clock_timestamp() then
        raise exception 'a backfill goes from a time to a later one, which has passed'
            using errcode = '22023';
    end if;
    select b.id into id from agentcron.backfills b
        where b.schedule_id = s.id and b.from_at = from_time and b.to_at = to_time
          and b.finished_at is null;
    if found then return id; end if;
    insert into agentcron.backfills
            (schedule_id, from_at, to_at, cursor, overlap, at_once, priority)
        values (s.id, from_time, to_time, from_time, backfill.overlap, backfill.at_once,
                backfill.priority)
        returning backfills.id into id;
    perform agentcron.wake('schedules');
    return id;
end $$;
comment on function agentcron.backfill is
    'Runs the fire times from from_time up to, not including, to_time that have not run: those '
    'without a task and those that were skipped. Called again it makes nothing twice. Its tasks '
    'are made a few at a time (at_once), of low priority, and by default run one after another. '
    'Returns the id of the row in agentcron.backfills that shows its progress.';
