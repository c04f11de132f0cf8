-- The queue. `ready` holds only what may start now, in the order in which it may; `held` what waits
-- for a time or for a turn. Both are read by every claim and stay small or are read by their index.
drop table agentcron.ready cascade;
create table agentcron.ready (
    turn_at     timestamptz not null,
    task_id     bigint not null,
    schedule_id bigint,
    resumes     boolean not null default false,
    primary key (turn_at, task_id)
) with (fillfactor = 90, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_cost_delay = 0);
comment on table agentcron.ready is
    'What may be claimed now. Rows are only inserted and deleted.';
comment on column agentcron.ready.turn_at is
    'run_at plus a minute for each point of priority: who waits long enough comes before any later '
    'task of a better priority.';
comment on column agentcron.ready.resumes is
    'This leg continues a task whose question was answered; it is not a new attempt.';
create index ready_of_schedule on agentcron.ready (schedule_id) where schedule_id is not null;

create table agentcron.held (
    task_id     bigint primary key,
    key         text not null,
    turn_at     timestamptz not null,
    until       timestamptz,
    slots       integer not null default 1,
    schedule_id bigint,
    resumes     boolean not null default false,
    check ((key = 'time') = (until is not null))
) with (fillfactor = 90, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_cost_delay = 0);
comment on table agentcron.held is
    'Queued tasks that cannot start yet. Nothing but a look at the facts is needed to let them go '
    'on: no row here waits for one particular event.';
comment on column agentcron.held.key is
    'What it waits for: time (until), schedule:ID (an earlier task of it), group:NAME or '
    'agent:NAME (one of their slots).';
comment on column agentcron.held.slots is 'How many may run at once under this key.';
create index held_turns on agentcron.held (key, turn_at, task_id);
create index held_times on agentcron.held (until) where until is not null;
create index held_of_schedule on agentcron.held (schedule_id) where schedule_id is not null;

insert into agentcron.ready (turn_at, task_id, schedule_id)
    select t.run_at + t.priority * interval '1 minute', t.id, t.schedule_id
    from agentcron.tasks t where t.status = 'queued' and t.run_at <= now();
insert into agentcron.held (task_id, key, turn_at, until, schedule_id)
    select t.id, 'time', t.run_at + t.priority * interval '1 minute', t.run_at, t.schedule_id
    from agentcron.tasks t where t.status = 'queued' and t.run_at > now();

alter table agentcron.leases
    add column concurrency_group text,
    add column cancel_reason text not null default 'user'
        check (cancel_reason in ('user', 'replaced'));
create index leases_of_schedule on agentcron.leases (schedule_id) where schedule_id is not null;
create index leases_of_group on agentcron.leases (concurrency_group)
    where concurrency_group is not null;
create index leases_of_agent on agentcron.leases (agent);
comment on column agentcron.leases.cancel_reason is
    'user: a person wants it to end; replaced: a later task of its schedule.';

alter table agentcron.questions add column schedule_id bigint;
create index questions_open_of_schedule on agentcron.questions (schedule_id)
    where outcome is null and schedule_id is not null;
update agentcron.questions q set schedule_id = t.schedule_id from agentcron.tasks t
    where t.id = q.task_id and q.outcome is null;

create table agentcron.chains (
    task_id           bigint primary key,
    schedule_id       bigint,
    concurrency_group text,
    out_of_time       boolean not null default false
) with (fillfactor = 90, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);
comment on table agentcron.chains is
    'Chains that have started and not ended: what leases are for tasks with a process.';
comment on column agentcron.chains.out_of_time is
    'Its total_timeout is over: the end of the step that is being ended is a failure.';
create index chains_of_schedule on agentcron.chains (schedule_id) where schedule_id is not null;
create index chains_of_group on agentcron.chains (concurrency_group)
    where concurrency_group is not null;


-- The rule of the queue, once: where a task's row stands.

create function agentcron.turn_at(run_at timestamptz, priority integer) returns timestamptz
    language sql stable parallel safe as $$ select run_at + priority * interval '1 minute' $$;

create function agentcron.put_in_queue(t agentcron.tasks, resumes boolean default false)
    returns void language plpgsql as $$
begin
    if t.run_at <= clock_timestamp() then
        insert into agentcron.ready (turn_at, task_id, schedule_id, resumes)
            values (agentcron.turn_at(t.run_at, t.priority), t.id, t.schedule_id, resumes);
    else
        insert into agentcron.held (task_id, key, turn_at, until, schedule_id, resumes)
            values (t.id, 'time', agentcron.turn_at(t.run_at, t.priority), t.run_at, t.schedule_id,
                    resumes);
    end if;
end $$;

create function agentcron.leave_queue(t agentcron.tasks) returns void language sql as $$
    delete from agentcron.ready r
        where r.turn_at = agentcron.turn_at(t.run_at, t.priority) and r.task_id = t.id;
    delete from agentcron.held h where h.task_id = t.id;
$$;

-- How many tasks count under a key now: the same for whoever holds back and whoever lets go.
create function agentcron.slots_used(key text) returns bigint language plpgsql stable as $$
declare
    kind text := split_part(key, ':', 1);
    name text := substr(key, length(kind) + 2);
begin
    if kind = 'agent' then
        return (select count(*) from agentcron.leases l where l.agent = name);
    elsif kind = 'group' then
        return (select count(*) from agentcron.leases l where l.concurrency_group = name)
             + (select count(*) from agentcron.chains c where c.concurrency_group = name);
    elsif kind = 'schedule' then
        -- What waits under the key itself takes no slot of it, also if it ran before.
        return (select count(*) from agentcron.unfinished_of(array[name::bigint]) u
                where u.standing in ('running', 'lost', 'begun') and not u.waits_turn);
    end if;
    return 0;
end $$;

-- The unfinished tasks of schedules, from the small tables, never by a look through tasks.
-- standing: running, lost (its lease ran out, and nobody has taken it back yet), waiting (for a
-- person), begun (queued again) or in_line (never started).
create function agentcron.unfinished_of(schedule_ids bigint[])
    returns table (schedule_id bigint, task_id bigint, standing text, turn_at timestamptz,
                   waits_turn boolean)
    language sql stable rows 10 as $$
    select l.schedule_id, l.task_id,
           case when t.status = 'waiting_for_input' then 'waiting'
                when l.lease_until < clock_timestamp() then 'lost' else 'running' end,
           null::timestamptz, false
    from agentcron.leases l join agentcron.tasks t on t.id = l.task_id
    where l.schedule_id = any(schedule_ids)
    union all
    select c.schedule_id, c.task_id,
           case t.status when 'waiting_for_input' then 'waiting' else 'running' end, null, false
    from agentcron.chains c join agentcron.tasks t on t.id = c.task_id
    where c.schedule_id = any(schedule_ids)
    union all
    select r.schedule_id, r.task_id, case when t.run_no > 0 then 'begun' else 'in_line' end,
           r.turn_at, false
    from agentcron.ready r join agentcron.tasks t on t.id = r.task_id
    where r.schedule_id = any(schedule_ids)
    union all
    select h.schedule_id, h.task_id, case when t.run_no > 0 then 'begun' else 'in_line' end,
           h.turn_at, h.key like 'schedule:%'
    from agentcron.held h join agentcron.tasks t on t.id = h.task_id
    where h.schedule_id = any(schedule_ids)
    union all
    -- Parked: no lease, no process, but an open question.
    select distinct q.schedule_id, q.task_id, 'waiting', null::timestamptz, false
    from agentcron.questions q
    where q.outcome is null and q.schedule_id = any(schedule_ids)
      and not exists (select from agentcron.leases l where l.task_id = q.task_id)
$$;

create function agentcron.release_held(keys text[]) returns bigint language sql as $$
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
        where k.key <> 'time'
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
comment on function agentcron.release_held is
    'Lets the first tasks that wait under each key go on, as many as have room; what becomes of '
    'them is decided again when they leave the queue.';

create function agentcron.held_keys() returns setof text language sql stable as $$
    -- A loose index scan: one probe for each key, however many tasks wait under it.
    with recursive keys as (
        (select h.key from agentcron.held h where h.key <> 'time' order by h.key limit 1)
        union all
        select (select h.key from agentcron.held h where h.key > keys.key and h.key <> 'time'
                order by h.key limit 1)
        from keys where keys.key is not null
    )
    select key from keys where key is not null
$$;

-- An edit of the rules holds for what waits under them: it is looked at again.
create function agentcron.schedules_rules_changed() returns trigger language plpgsql as $$
begin
    with gone as (
        delete from agentcron.held h
        where h.schedule_id = new.id and h.key <> 'time'
        returning h.turn_at, h.task_id, h.schedule_id, h.resumes
    )
    insert into agentcron.ready (turn_at, task_id, schedule_id, resumes)
        select turn_at, task_id, schedule_id, resumes from gone;
    if found or exists (select from agentcron.ready r where r.schedule_id = new.id) then
        perform agentcron.wake('rules');
    end if;
    return null;
end $$;

create trigger schedules_rules_changed
    after update of overlap, while_waiting, queue_max, concurrency_group, concurrency_limit
    on agentcron.schedules for each row
    when ((new.overlap, new.while_waiting, new.queue_max, new.concurrency_group,
           new.concurrency_limit)
          is distinct from
          (old.overlap, old.while_waiting, old.queue_max, old.concurrency_group,
           old.concurrency_limit))
    execute function agentcron.schedules_rules_changed();

create function agentcron.agents_limit_changed() returns trigger language plpgsql as $$
begin
    with gone as (
        delete from agentcron.held h where h.key = 'agent:' || new.name
        returning h.turn_at, h.task_id, h.schedule_id, h.resumes
    )
    insert into agentcron.ready (turn_at, task_id, schedule_id, resumes)
        select turn_at, task_id, schedule_id, resumes from gone;
    if found then perform agentcron.wake('rules'); end if;
    return null;
end $$;

create trigger agents_limit_changed after update of max_concurrent on agentcron.agents
    for each row when (new.max_concurrent is distinct from old.max_concurrent)
    execute function agentcron.agents_limit_changed();
