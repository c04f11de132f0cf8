-- A finished task goes on with another prompt, in the conversation that its agent had.

alter table agentcron.tasks
    add column lost_session text,
    drop constraint tasks_trigger_check,
    add constraint tasks_trigger_check check
        (trigger in ('schedule', 'catch_up', 'backfill', 'manual', 'after', 'step', 'continue'));
comment on column agentcron.tasks.lost_session is
    'The conversation that was gone when the task was to go on with it: a new one was begun.';
comment on column agentcron.tasks.session_id is
    'The agent''s own name for the conversation; agentcron resume-cmd ID prints how to open it.';
comment on column agentcron.tasks.trigger is
    'What made it: its schedule in time, catch_up after a downtime, a backfill, a person (manual, '
    'or continue: with an earlier task''s conversation), the end of another schedule''s task '
    '(after), or the chain that it is a step of.';

-- The unfinished task, if any, that shares another one's conversation: unfinished ones are found in
-- the small tables.
create function agentcron.shares_session(t agentcron.tasks) returns bigint
    language sql stable as $$
    select min(x.id) from agentcron.tasks x
    where x.id in (select l.task_id from agentcron.leases l
                   union all select r.task_id from agentcron.ready r
                   union all select h.task_id from agentcron.held h
                   union all select q.task_id from agentcron.questions q where q.outcome is null)
      and x.id <> t.id and x.session_id = t.session_id and x.agent = t.agent
$$;

-- Two processes in one session would write over each other. The lock makes a rival, who may name
-- another task of the same conversation, wait and then see this one.
create function agentcron.take_session(t agentcron.tasks) returns void language plpgsql as $$
declare
    other agentcron.tasks;
begin
    perform pg_advisory_xact_lock(
        hashtextextended(format('agentcron session %s %s', t.agent, t.session_id), 0));
    select * into other from agentcron.tasks x where x.id = agentcron.shares_session(t);
    if not found then return; end if;
    raise exception 'task % goes on with this conversation already; it is %', other.id,
        other.status using errcode = 'AC003', hint = agentcron.how_to_reach(other);
end $$;

create function agentcron.how_to_reach(t agentcron.tasks) returns text
    language sql immutable as $$
    select case t.status
        when 'waiting_for_input' then format('Answer it: agentcron answer %s "..."', t.id)
        when 'running' then format('Talk to it: agentcron send %s "..."', t.id)
        else format('Wait for its end, or end it: agentcron cancel %s', t.id) end $$;

create function agentcron.continue_task(task_id bigint, prompt text) returns bigint
    language plpgsql as $$
declare
    t agentcron.tasks := agentcron.task_or_raise(continue_task.task_id);
    chain agentcron.tasks;
    made agentcron.tasks;
begin
    if coalesce(trim(e' \t\r\n' from continue_task.prompt), '') = '' then
        raise exception 'there is nothing to say: the prompt is empty' using errcode = '22023';
    end if;
    if t.finished_at is null then
        raise exception 'task % is not finished; it is %', t.id, t.status
            using errcode = 'AC002', hint = agentcron.how_to_reach(t);
    end if;
    if t.session_id is null and t.spec ? 'steps' then
        raise exception 'task % is a chain; its steps have the conversations', t.id
            using errcode = 'AC002', hint = format(
                'select step, step_task_id from agentcron.step_history where task_id = %s', t.id);
    end if;
    if t.session_id is null then
        raise exception 'task % has no conversation to go on with: %', t.id,
            case when t.started_at is null then 'it never started' else format(
                'agent "%s" (driver %s) named none', t.agent, coalesce(
                    (select a.driver from agentcron.agents a where a.name = t.agent), 'unknown'))
            end using errcode = 'AC002',
            hint = 'Agents of the drivers claude, codex and acp name theirs by themselves, others '
                   'by a line {"type":"session","session_id":"..."}.';
    end if;
    if not exists (select from agentcron.agents a where a.name = t.agent) then
        raise exception 'there is no agent "%" any more', t.agent using errcode = 'AC001',
            hint = 'Declare it in YAML under agents:, or insert it into agentcron.agents.';
    end if;
    perform agentcron.take_session(t);
    select * into chain from agentcron.tasks x where x.id = t.chain_id;
    insert into agentcron.tasks
            (schedule_id, schedule, agent, run_at, priority, status, trigger, spec, inputs, owner,
             session_id, continues, watched)
        values (coalesce(t.schedule_id, chain.schedule_id), t.schedule, t.agent, now(), t.priority,
                'queued', 'continue',
                t.spec || jsonb_build_object('prompt', continue_task.prompt), t.inputs, t.owner,
                t.session_id, t.id,
                coalesce((select agentcron.is_watched(s) from agentcron.schedules s
                          where s.id = coalesce(t.schedule_id, chain.schedule_id)), false))
        returning * into made;
    perform agentcron.put_in_queue(made);
    perform agentcron.wake('ready');
    return made.id;
end $$;
comment on function agentcron.continue_task is
    'Goes on with the conversation of a finished task: a new task of the same schedule and agent, '
    'with this prompt, in the same session. Returns its id. Waits its turn where the overlap '
    'policy lets only one task run; refused while another task goes on with the conversation.';

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
    if t.trigger = 'continue' then perform agentcron.take_session(t); end if;
    perform agentcron.leave_queue(t);
    -- A person wants it: from here on it is no due time that a policy may drop.
    update agentcron.tasks x
        set status = 'queued', reason = '', message = null, run_at = now(), attempt = 0,
            started_at = null, finished_at = null, result = null, summary = null,
            exit_code = null, overlap = null, waited_for = null, because_of = null, ends_by = null,
            lost_session = null,
            trigger = case when x.trigger = 'continue' then x.trigger else 'manual' end
        where x.id = t.id
        returning * into t;
    perform agentcron.put_in_queue(t);
    perform agentcron.wake('ready');
    return t.id;
end $$;
