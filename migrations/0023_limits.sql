-- What an agent's provider refuses: a task that met a limit of use waits until that ends, one that
-- needs a login waits until a person has helped. Neither uses up an attempt.

alter table agentcron.schedules
    add column max_limit_waits integer not null default 5 check (max_limit_waits >= 0);
comment on column agentcron.schedules.max_limit_waits is
    'How often a task waits for the end of a usage limit of its agent''s provider; the next time '
    'it fails (usage_limit).';

-- Its place in tasks.spec and in the trigger of declared columns: 0026_context.sql.

alter table agentcron.tasks
    add column limit_waits integer not null default 0;
comment on column agentcron.tasks.limit_waits is
    'How often it has waited for the end of a usage limit.';

alter table agentcron.attempts
    drop constraint attempts_outcome_check,
    add constraint attempts_outcome_check check (outcome in
        ('succeeded', 'failed', 'cancelled', 'parked', 'lost', 'returned', 'blocked'));
comment on table agentcron.attempts is
    'Every execution of every task. outcome returned: the worker was shut down and gave the task '
    'back; blocked: a limit or a missing login stopped it.';

-- Only inserted and deleted: two who write the same row in transactions of several tasks would
-- wait for each other.
create table agentcron.walls (
    agent text not null,
    until timestamptz not null
) with (autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);
create index walls_of_agent on agentcron.walls (agent, until);
comment on table agentcron.walls is
    'Usage limits that tasks ran into, and when they end: until then no other task of the agent '
    'starts.';

alter table agentcron.held drop constraint held_check;
alter table agentcron.held add constraint held_check
    check ((key = 'time' or key like 'limit:%') = (until is not null));
comment on column agentcron.held.key is
    'What it waits for: time (until; infinity: a person), limit:NAME (until: a usage limit of the '
    'agent), schedule:ID (an earlier task of it), group:NAME or agent:NAME (one of their slots).';

create or replace function agentcron.release_held(keys text[]) returns bigint language sql as $$
    with heads as materialized (
        select h.task_id, h.turn_at, h.schedule_id, h.resumes
        from unnest(keys) as k (key)
        cross join lateral (
            select x.task_id, x.turn_at, x.schedule_id, x.resumes
            from agentcron.held x where x.key = k.key
            order by x.turn_at, x.task_id
            limit greatest(0, (select y.slots from agentcron.held y where y.key = k.key
                               order by y.turn_at, y.task_id limit 1)
                              - agentcron.slots_used(k.key))
            for update of x skip locked) h
        where k.key <> 'time' and k.key not like 'limit:%'
    ), gone as (
        delete from agentcron.held h using heads where h.task_id = heads.task_id
        returning heads.*
    ), let_go as (
        insert into agentcron.ready (turn_at, task_id, schedule_id, resumes)
        select turn_at, task_id, schedule_id, resumes from gone
        returning task_id
    )
    select count(*) from let_go
$$;

-- A blocked task is queued again; nothing else happens to it. The caller holds its lock.
create function agentcron.unblock(t agentcron.tasks) returns void language plpgsql as $$
declare
    resumes boolean;
begin
    delete from agentcron.held h where h.task_id = t.id returning h.resumes into resumes;
    update agentcron.tasks x set status = 'queued', reason = '', run_at = clock_timestamp()
        where x.id = t.id returning * into t;
    perform agentcron.put_in_queue(t, coalesce(resumes, false));
end $$;

-- The tasks of a schedule, and the steps of its chains, that wait for a login.
create function agentcron.unblock_after_login(schedule_id bigint) returns void
    language plpgsql as $$
declare
    t agentcron.tasks;
begin
    for t in
        select x.* from agentcron.tasks x
        where x.status = 'blocked' and x.reason = 'auth' and x.id in (
            select h.task_id from agentcron.held h
            where h.schedule_id = unblock_after_login.schedule_id and h.until = 'infinity'
            union all
            select s.id from agentcron.chains c join agentcron.tasks s on s.chain_id = c.task_id
            where c.schedule_id = unblock_after_login.schedule_id)
        order by x.id for no key update
    loop
        perform agentcron.unblock(t);
    end loop;
    if found then perform agentcron.wake('ready'); end if;
end $$;

create or replace function agentcron.resume(name text) returns void language plpgsql as $$
declare
    id bigint;
begin
    update agentcron.schedules s set paused_at = null, paused_reason = null, paused_by = null
        where s.name = resume.name returning s.id into id;
    if not found then
        raise exception 'there is no schedule "%"', resume.name using errcode = 'AC001';
    end if;
    perform agentcron.unblock_after_login(id);
end $$;
comment on function agentcron.resume is
    'Lets a paused schedule fire again, from its next fire time on, and those of its tasks go on '
    'that waited for a login.';

-- Who resumes it by an update has its tasks go on as well.
create function agentcron.schedules_resumed() returns trigger language plpgsql as $$
begin
    perform agentcron.unblock_after_login(new.id);
    return null;
end $$;
create trigger schedules_resumed after update of paused_at on agentcron.schedules
    for each row when (old.paused_at is not null and new.paused_at is null)
    execute function agentcron.schedules_resumed();

create or replace function agentcron.retry(task_id bigint) returns bigint language plpgsql as $$
declare
    t agentcron.tasks := agentcron.task_or_raise(retry.task_id);
begin
    if t.status not in ('failed', 'cancelled', 'skipped', 'blocked') then
        raise exception
            'task % is %; only a failed, cancelled, skipped or blocked task can be retried',
            t.id, t.status using errcode = 'AC002';
    end if;
    -- A person knows that the limit is gone, or the login there: so nobody waits for it any more.
    if t.status = 'blocked' and t.reason <> 'upstream' then
        delete from agentcron.walls w where w.agent = t.agent;
        with gone as (
            delete from agentcron.held h where h.key = 'limit:' || t.agent
            returning h.turn_at, h.task_id, h.schedule_id, h.resumes
        )
        insert into agentcron.ready (turn_at, task_id, schedule_id, resumes)
            select turn_at, x.task_id, schedule_id, resumes from gone x;
        perform agentcron.wake('rules');
        if t.chain_id is not null then -- its chain is under way
            perform agentcron.unblock(t);
            return t.id;
        end if;
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
            lost_session = null, limit_waits = 0,
            trigger = case when x.trigger = 'continue' then x.trigger else 'manual' end
        where x.id = t.id
        returning * into t;
    perform agentcron.put_in_queue(t);
    perform agentcron.wake('ready');
    return t.id;
end $$;
comment on function agentcron.retry is
    'Queues a finished or blocked task again with a new retry budget; its earlier attempts stay on '
    'record. A chain goes on at the step that failed. A blocked task goes on at once, with those '
    'that waited for the same limit.';

alter table agentcron.alarms
    drop constraint alarms_kind_check,
    add constraint alarms_kind_check check (kind in ('queue', 'total', 'input', 'ended',
        'remind', 'blocked'));
comment on table agentcron.alarms is
    'Instants at which a scheduler looks at a task: the end of its queue_timeout, total_timeout or '
    'input_timeout, a reminder, its end, from which something follows, or a missing login. An '
    'alarm that has nothing to say any more is dropped then, not before.';

-- Its schedule is paused: every further task of it would stand before the same door.
create function agentcron.task_needs_login(task_id bigint) returns boolean language plpgsql as $$
declare
    t agentcron.tasks;
    its_schedule bigint;
begin
    select * into t from agentcron.tasks x where x.id = task_needs_login.task_id;
    if t.status <> 'blocked' or t.reason <> 'auth' then return true; end if;
    its_schedule := coalesce(t.schedule_id, (select c.schedule_id from agentcron.tasks c
                                             where c.id = t.chain_id));
    if not exists (select from agentcron.schedules s where s.id = its_schedule) then
        return true;
    end if;
    perform from agentcron.schedules s where s.id = its_schedule for no key update skip locked;
    if not found then return false; end if;
    update agentcron.schedules s
        set paused_at = clock_timestamp(), paused_by = 'agentcron',
            paused_reason = format('task %s is blocked, and goes on when the schedule is resumed: '
                                   '%s', t.id, t.message)
        where s.id = its_schedule and s.paused_at is null;
    return true;
end $$;

create or replace function agentcron.ring_alarms(now timestamptz) returns bigint
    language plpgsql as $$
declare
    a agentcron.alarms;
    dealt_with boolean;
    rung bigint := 0;
begin
    for a in select * from agentcron.alarms x
        where x.at <= ring_alarms.now order by x.at, x.id limit 200 for update skip locked
    loop
        begin
            dealt_with := case a.kind
                when 'queue' then agentcron.queue_time_is_over(a.task_id)
                when 'total' then agentcron.total_time_is_over(a.task_id)
                when 'input' then agentcron.input_time_is_over(a.task_id, a.question_id)
                when 'remind' then agentcron.reminder_is_due(a.task_id, a.question_id)
                when 'ended' then agentcron.task_has_ended(a.task_id)
                when 'blocked' then agentcron.task_needs_login(a.task_id) end;
        exception when others then
            raise warning 'alarm % of task %: %', a.kind, a.task_id, sqlerrm;
            update agentcron.alarms x set at = ring_alarms.now + interval '1 minute'
                where x.id = a.id and x.at = a.at;
            continue;
        end;
        if dealt_with or not exists (select from agentcron.tasks x where x.id = a.task_id) then
            delete from agentcron.alarms x where x.id = a.id and x.at = a.at;
            rung := rung + 1;
        end if;
    end loop;
    return rung;
end $$;

create or replace function agentcron.queued_words(t agentcron.tasks) returns text
    language plpgsql stable as $$
declare
    h agentcron.held;
begin
    select * into h from agentcron.held x where x.task_id = t.id;
    if h.key = 'time' then
        return case when t.reason = 'retry' then
                   format('attempt %s failed; the next one starts at %s', t.attempt,
                          agentcron.utc_text(h.until))
               when t.trigger = 'schedule' and t.run_no = 0 then
                   format('starts at %s: jitter of %s', agentcron.utc_text(h.until),
                          agentcron.span_text(h.until - t.fire_time))
               else format('starts at %s', agentcron.utc_text(h.until)) end;
    elsif h.key like 'schedule:%' then
        return format('waits its turn: %s is not finished',
                      coalesce(t.waited_for, 'an earlier task'));
    elsif h.key is not null then
        return 'waits for ' || coalesce(t.waited_for, 'a slot of ' || replace(h.key, ':', ' '))
            || coalesce(', at ' || agentcron.utc_text(h.until), '');
    elsif not exists (select from agentcron.worker_status w where w.state = 'alive') then
        return 'waits for a worker, and none is running';
    end if;
    return case when t.reason = 'retry'
                then format('attempt %s failed; the next one waits for a free slot', t.attempt)
                else 'waits for a free slot' end;
end $$;
