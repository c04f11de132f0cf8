-- Thousands of tasks that wait for a person are rows that nobody reads in passing: an answer finds
-- its questions, a claim the tasks that are in its way, by an index, however many others wait.

create index questions_open_together on agentcron.questions ((coalesce(joins, id)))
    where outcome is null;
create index questions_open_alike on agentcron.questions (schedule_id, fingerprint)
    where outcome is null and joins is null;
drop index agentcron.questions_open_of_schedule;
create index questions_open_of_schedule on agentcron.questions (schedule_id, task_id)
    where outcome is null and schedule_id is not null;

-- The unfinished tasks of schedules that are not parked, from the small tables, never by a look
-- through tasks.
-- standing: running, lost (its lease ran out, and nobody has taken it back yet), waiting (for a
-- person), begun (queued again) or in_line (never started).
create function agentcron.busy_of(schedule_ids bigint[])
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
$$;

-- The same, and those that are parked: no lease, no process, but an open question.
create or replace function agentcron.unfinished_of(schedule_ids bigint[])
    returns table (schedule_id bigint, task_id bigint, standing text, turn_at timestamptz,
                   waits_turn boolean)
    language sql stable rows 10 as $$
    select * from agentcron.busy_of(schedule_ids)
    union all
    select distinct q.schedule_id, q.task_id, 'waiting', null::timestamptz, false
    from agentcron.questions q
    where q.outcome is null and q.schedule_id = any(schedule_ids)
      and not exists (select from agentcron.leases l where l.task_id = q.task_id)
$$;

-- How many tasks count under a key now: the same for whoever holds back and whoever lets go.
create or replace function agentcron.slots_used(key text) returns bigint
    language plpgsql stable as $$
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
        return (select count(*) from agentcron.busy_of(array[name::bigint]) u
                where u.standing in ('running', 'lost', 'begun') and not u.waits_turn);
    end if;
    return 0;
end $$;
