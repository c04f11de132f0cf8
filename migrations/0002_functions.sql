-- What people and products call. Each function works inside the caller's transaction and is rolled
-- back with it. Errors carry a SQLSTATE of class AC that programs can tell apart:
--   AC001 there is no such thing, AC002 it is in no state for this, AC003 somebody was first.
-- These are calls at human speed, so they may NOTIFY; the engine's own data transactions never do
-- (a transaction that notifies serialises every commit of the database).

create function agentcron.wake(what text) returns void
    language sql as $$ select pg_notify('agentcron', what) $$;
comment on function agentcron.wake is
    'A hint to schedulers and workers, sent at commit: they look into the tables then.';

-- Schedules: rev, re-planning, wake-up.

create function agentcron.schedules_before() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        new.rev := 1;
        new.planned_rev := 0;
        new.next_fire_at := null;
        new.last_fire_at := null;
        new.last_fire_reading := null;
        new.error := null;
        return new;
    end if;
    if (new.cron, new.timezone, new.agent, new.prompt, new.params, new.enabled, new.paused_at,
        new.overlap, new.while_waiting, new.catch_up, new.catch_up_window, new.catch_up_max,
        new.timeout, new.hold, new.retry_attempts, new.retry_backoff, new.retry_max_backoff,
        new.priority, new.name)
       is distinct from
       (old.cron, old.timezone, old.agent, old.prompt, old.params, old.enabled, old.paused_at,
        old.overlap, old.while_waiting, old.catch_up, old.catch_up_window, old.catch_up_max,
        old.timeout, old.hold, old.retry_attempts, old.retry_backoff, old.retry_max_backoff,
        old.priority, old.name)
    then
        new.rev := old.rev + 1;
        new.error := null;
    end if;
    -- A change of the times discards what lay before it; other edits keep the cursor.
    if (new.cron, new.timezone, new.enabled, new.paused_at is null)
       is distinct from (old.cron, old.timezone, old.enabled, old.paused_at is null)
    then
        new.next_fire_at := null;
        new.last_fire_at := null;
        new.last_fire_reading := null;
    end if;
    return new;
end $$;

create trigger schedules_before before insert or update on agentcron.schedules
    for each row execute function agentcron.schedules_before();

create function agentcron.schedules_changed() returns trigger language plpgsql as $$
begin
    perform agentcron.wake('schedules');
    return null;
end $$;

-- Column lists: the scheduler's own writes of the cursor must not wake schedulers.
create trigger schedules_inserted after insert on agentcron.schedules
    for each statement execute function agentcron.schedules_changed();
create trigger schedules_updated
    after update of cron, timezone, agent, prompt, params, enabled, paused_at, overlap,
                    while_waiting, catch_up, catch_up_window, catch_up_max, timeout, hold,
                    retry_attempts, retry_backoff, retry_max_backoff, priority, name
    on agentcron.schedules for each statement execute function agentcron.schedules_changed();

-- A schedule may stand in error because its agent was not declared: it is looked at again.
create function agentcron.agents_changed() returns trigger language plpgsql as $$
begin
    update agentcron.schedules set planned_rev = 0 where error is not null;
    perform agentcron.wake('schedules');
    return null;
end $$;

create trigger agents_changed after insert or update on agentcron.agents
    for each statement execute function agentcron.agents_changed();

-- tasks.spec of a schedule as it stands now; src/task/spec.cpp reads it.
create function agentcron.task_spec(s agentcron.schedules, params jsonb) returns jsonb
    language sql stable as $$
    select jsonb_build_object(
        'prompt', s.prompt,
        'params', s.params || params,
        'timeout', extract(epoch from s.timeout)::bigint,
        'hold', extract(epoch from s.hold)::bigint,
        'retry', jsonb_build_object(
            'attempts', s.retry_attempts,
            'backoff', extract(epoch from s.retry_backoff)::bigint,
            'max_backoff', extract(epoch from s.retry_max_backoff)::bigint))
$$;

-- Tasks by hand.

create function agentcron.enqueue(agent text, prompt text default '', params jsonb default '{}',
                                  run_at timestamptz default null, options jsonb default '{}')
    returns bigint language plpgsql as $$
declare
    due timestamptz := coalesce(enqueue.run_at, now());
    id bigint;
    spec jsonb;
begin
    if not exists (select from agentcron.agents a where a.name = enqueue.agent) then
        raise exception 'there is no agent "%"', enqueue.agent using errcode = 'AC001',
            hint = 'Declare it in YAML under agents:, or insert it into agentcron.agents.';
    end if;
    if jsonb_typeof(enqueue.params) <> 'object' or jsonb_typeof(enqueue.options) <> 'object' then
        raise exception 'params and options are JSON objects' using errcode = '22023';
    end if;
    spec := enqueue.options
        || jsonb_build_object('prompt', enqueue.prompt, 'params', enqueue.params);
    insert into agentcron.tasks (agent, run_at, status, spec)
        values (enqueue.agent, due, 'queued', spec) returning tasks.id into id;
    insert into agentcron.ready (priority, run_at, task_id) values (100, due, id);
    perform agentcron.wake('ready');
    return id;
end $$;
comment on function agentcron.enqueue is
    'Makes one task by hand and returns its id. options: timeout, hold (seconds), retry {attempts, '
    'backoff, max_backoff}.';

create function agentcron.trigger_schedule(name text, params jsonb default '{}')
    returns bigint language plpgsql as $$
declare
    s agentcron.schedules;
    id bigint;
begin
    select * into s from agentcron.schedules x where x.name = trigger_schedule.name;
    if not found then
        raise exception 'there is no schedule "%"', trigger_schedule.name using errcode = 'AC001',
            hint = 'select name from agentcron.schedules';
    end if;
    insert into agentcron.tasks
            (schedule_id, schedule, agent, run_at, priority, status, spec, owner)
        values (s.id, s.name, s.agent, now(), s.priority, 'queued',
                agentcron.task_spec(s, trigger_schedule.params), s.owner)
        returning tasks.id into id;
    insert into agentcron.ready (priority, run_at, task_id, schedule_id)
        values (s.priority, now(), id, s.id);
    perform agentcron.wake('ready');
    return id;
end $$;
comment on function agentcron.trigger_schedule is
    'Runs a schedule once, now, with params laid over its own; never moves its next fire time. '
    'Returns the task''s id.';

create function agentcron.task_or_raise(task_id bigint) returns agentcron.tasks
    language plpgsql as $$
declare
    t agentcron.tasks;
begin
    select * into t from agentcron.tasks where id = task_id for no key update;
    if not found then
        raise exception 'there is no task %', task_id using errcode = 'AC001',
            hint = 'select id, schedule, status from agentcron.task_history';
    end if;
    return t;
end $$;

-- Lock order everywhere: lease or task first, then question. A park (by the worker) deletes the
-- lease, an answer reads it: whoever locks the task's row second sees what the first one did.
create function agentcron.answer(task_id bigint, answer text, answered_by text default current_user,
                                 answered_via text default 'sql', question_id bigint default null)
    returns bigint language plpgsql as $$
declare
    t agentcron.tasks := agentcron.task_or_raise(answer.task_id);
    q agentcron.questions;
    open_questions integer;
begin
    if answer.answer is null then
        raise exception 'an answer is a text, not null' using errcode = '22004';
    end if;
    select count(*) into open_questions from agentcron.questions x
        where x.task_id = answer.task_id and x.outcome is null
          and (answer.question_id is null or x.id = answer.question_id);
    if open_questions = 0 then
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
    -- Several open ones: the oldest first, which is the one that the inbox shows on top.
    select * into q from agentcron.questions x
        where x.task_id = answer.task_id and x.outcome is null
          and (answer.question_id is null or x.id = answer.question_id)
        order by x.id limit 1 for update;
    update agentcron.questions x
        set outcome = 'answered', answer = answer.answer, answered_by = answer.answered_by,
            answered_via = answer.answered_via, closed_at = clock_timestamp()
        where x.id = q.id;
    -- A living process gets it from its worker. Parked: a new leg resumes with it, once nothing
    -- more is open.
    if exists (select from agentcron.leases l where l.task_id = answer.task_id) then
        perform agentcron.wake('signal');
    elsif t.status = 'waiting_for_input' and not exists (
            select from agentcron.questions x
            where x.task_id = answer.task_id and x.outcome is null) then
        update agentcron.tasks set status = 'queued', run_at = now() where id = answer.task_id;
        insert into agentcron.ready (priority, run_at, task_id, schedule_id, resumes)
            values (t.priority, now(), t.id, t.schedule_id, true);
        perform agentcron.wake('ready');
    end if;
    return q.id;
end $$;
comment on function agentcron.answer is
    'Answers the open question of a task (the oldest, or question_id); returns the question''s id. '
    'The first answer wins, a second one is an error that says who was first.';

create function agentcron.send_message(task_id bigint, body text) returns bigint
    language plpgsql as $$
declare
    t agentcron.tasks := agentcron.task_or_raise(send_message.task_id);
    id bigint;
begin
    if t.status not in ('running', 'waiting_for_input') then
        raise exception 'task % has no running agent; it is %', t.id, t.status
            using errcode = 'AC002';
    end if;
    insert into agentcron.messages (task_id, body) values (send_message.task_id, send_message.body)
        returning messages.id into id;
    perform agentcron.wake('signal');
    return id;
end $$;
comment on function agentcron.send_message is
    'Says something to the running agent of a task, if its driver can pass it on.';

create function agentcron.cancel(task_id bigint, reason text default null) returns text
    language plpgsql as $$
declare
    t agentcron.tasks := agentcron.task_or_raise(cancel.task_id);
begin
    if t.status in ('succeeded', 'failed', 'cancelled', 'skipped') then
        raise exception 'task % is already %', t.id, t.status using errcode = 'AC002';
    end if;
    update agentcron.leases l set cancel_requested = true where l.task_id = t.id;
    if found then
        update agentcron.tasks set message = cancel.reason
            where id = t.id and cancel.reason is not null;
        perform agentcron.wake('signal');
        return 'cancelling';
    end if;
    delete from agentcron.ready r
        where r.priority = t.priority and r.run_at = t.run_at and r.task_id = t.id;
    update agentcron.questions q set outcome = 'withdrawn', closed_at = clock_timestamp()
        where q.task_id = t.id and q.outcome is null;
    update agentcron.tasks
        set status = 'cancelled', reason = 'user', message = cancel.reason,
            finished_at = clock_timestamp()
        where id = t.id;
    return 'cancelled';
end $$;
comment on function agentcron.cancel is
    'Cancels a task. Returns cancelled, or cancelling while its process is being ended.';

create function agentcron.retry(task_id bigint) returns bigint language plpgsql as $$
declare
    t agentcron.tasks := agentcron.task_or_raise(retry.task_id);
begin
    if t.status not in ('failed', 'cancelled', 'skipped', 'blocked') then
        raise exception
            'task % is %; only a failed, cancelled, skipped or blocked task can be retried',
            t.id, t.status using errcode = 'AC002';
    end if;
    delete from agentcron.ready r
        where r.priority = t.priority and r.run_at = t.run_at and r.task_id = t.id;
    update agentcron.tasks
        set status = 'queued', reason = '', message = null, run_at = now(), attempt = 0,
            started_at = null, finished_at = null, result = null, summary = null,
            exit_code = null
        where id = t.id;
    insert into agentcron.ready (priority, run_at, task_id, schedule_id)
        values (t.priority, now(), t.id, t.schedule_id);
    perform agentcron.wake('ready');
    return t.id;
end $$;
comment on function agentcron.retry is
    'Queues a finished task again with a new retry budget; its earlier attempts stay on record.';

create function agentcron.pause(name text, reason text default null,
                                paused_by text default current_user)
    returns void language plpgsql as $$
begin
    update agentcron.schedules s
        set paused_at = coalesce(s.paused_at, now()), paused_reason = pause.reason,
            paused_by = pause.paused_by
        where s.name = pause.name;
    if not found then
        raise exception 'there is no schedule "%"', pause.name using errcode = 'AC001';
    end if;
end $$;
comment on function agentcron.pause is
    'Stops a schedule from firing until resume. Paused time is not missed time.';

create function agentcron.resume(name text) returns void language plpgsql as $$
begin
    update agentcron.schedules s set paused_at = null, paused_reason = null, paused_by = null
        where s.name = resume.name;
    if not found then
        raise exception 'there is no schedule "%"', resume.name using errcode = 'AC001';
    end if;
end $$;
comment on function agentcron.resume is
    'Lets a paused schedule fire again, from its next fire time on.';

-- Output partitions.

create function agentcron.ensure_output_partitions() returns void language plpgsql as $$
declare
    today date := (clock_timestamp() at time zone 'UTC')::date;
    d date;
begin
    -- One at a time: two creators of the same partition would fail instead of waiting.
    perform pg_advisory_xact_lock(hashtext('agentcron.ensure_output_partitions'));
    for i in -1 .. 4 loop
        d := today + i;
        if to_regclass(format('agentcron.output_%s', to_char(d, 'YYYYMMDD'))) is null then
            execute format('create table agentcron.output_%s partition of agentcron.output '
                           'for values from (%L) to (%L)', to_char(d, 'YYYYMMDD'), d, d + 1);
        end if;
    end loop;
end $$;
comment on function agentcron.ensure_output_partitions is
    'Makes the daily partitions of output from yesterday to four days ahead.';
select agentcron.ensure_output_partitions();
