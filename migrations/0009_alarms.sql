-- What a scheduler does when an alarm is due. Each function returns false where somebody holds the
-- rows it needs: the alarm then stays and is looked at again.

create table agentcron.arrivals (
    schedule_id bigint not null,
    upstream    text not null,
    task_id     bigint not null,
    primary key (schedule_id, upstream)
);
comment on table agentcron.arrivals is
    'Of a schedule that comes after others: which of those have had a success since it last fired.';

-- A schedule may stand in error because one that it comes after was not there: it is looked at
-- again.
create function agentcron.schedules_known() returns trigger language plpgsql as $$
begin
    update agentcron.schedules s set planned_rev = 0 where s.error is not null and s.after <> '{}';
    return null;
end $$;
create trigger schedules_known after insert on agentcron.schedules
    for each statement execute function agentcron.schedules_known();

-- A task that was counted as a run of its schedule did not run after all. A schedule that had come
-- to its end with it is planned again. One whose row somebody holds keeps the count.
create function agentcron.uncount_runs(schedule_id bigint, runs bigint) returns void
    language sql as $$
    with free as (
        select s.id from agentcron.schedules s
        where s.id = uncount_runs.schedule_id and s.max_runs is not null and uncount_runs.runs > 0
        for no key update skip locked
    )
    update agentcron.schedules s
        set runs = s.runs - uncount_runs.runs, rev = s.rev + (s.next_fire_at is null)::integer
        from free where s.id = free.id
$$;

create function agentcron.queue_time_is_over(task_id bigint) returns boolean
    language plpgsql as $$
declare
    t agentcron.tasks;
begin
    select * into t from agentcron.tasks x
        where x.id = queue_time_is_over.task_id for no key update skip locked;
    if not found then return false; end if;
    if t.status <> 'queued' or t.run_no > 0 then return true; end if;
    perform agentcron.leave_queue(t);
    update agentcron.tasks x
        set status = 'skipped', reason = 'expired', finished_at = clock_timestamp(),
            message = format('could not start within its queue_timeout; it waited for %s',
                             coalesce(t.waited_for, 'a free worker'))
        where x.id = t.id;
    perform agentcron.uncount_runs(t.schedule_id, 1) where t.trigger in ('schedule', 'catch_up');
    return true;
end $$;

-- The end of total_timeout. Where a process lives, its worker keeps the time.
create function agentcron.total_time_is_over(task_id bigint) returns boolean
    language plpgsql as $$
declare
    t agentcron.tasks;
begin
    if not agentcron.lock_with_steps(total_time_is_over.task_id) then return false; end if;
    select * into t from agentcron.tasks x where x.id = total_time_is_over.task_id;
    if t.finished_at is not null or t.ends_by > clock_timestamp() or exists (
            select from agentcron.leases l where l.task_id = t.id) then
        return true;
    end if;
    update agentcron.chains c set out_of_time = true where c.task_id = t.id;
    if found then
        perform agentcron.cancel_task(t.id, 'user', 'the chain''s total_timeout is over', null);
        return true;
    end if;
    perform agentcron.leave_queue(t);
    update agentcron.questions q set outcome = 'withdrawn', closed_at = clock_timestamp()
        where q.task_id = t.id and q.outcome is null;
    update agentcron.tasks x
        set status = 'failed', reason = 'timeout', finished_at = clock_timestamp(),
            started_at = coalesce(x.started_at, clock_timestamp()),
            message = 'stopped at the end of its total_timeout'
        where x.id = t.id;
    perform agentcron.release_held(array['schedule:' || t.schedule_id])
        where t.schedule_id is not null;
    return true;
end $$;

create function agentcron.input_time_is_over(task_id bigint, question_id bigint) returns boolean
    language plpgsql as $$
declare
    t agentcron.tasks;
    q agentcron.questions;
    what text;
    joined bigint[];
    locked bigint;
begin
    select * into t from agentcron.tasks x
        where x.id = input_time_is_over.task_id for no key update skip locked;
    if not found then return false; end if;
    select * into q from agentcron.questions x
        where x.id = question_id and x.outcome is null for update;
    if not found then return true; end if;
    what := coalesce(t.spec ->> 'on_input_timeout', 'fail');
    if what = 'default' and q.default_option is not null then
        -- The answer closes what joined it too, and would wait for those tasks' rows.
        joined := array(select distinct x.task_id from agentcron.questions x
                        where x.outcome is null
                          and coalesce(x.joins, x.id) = coalesce(q.joins, q.id));
        select count(*) into locked from (
            select from agentcron.tasks x where x.id = any(joined)
            order by x.id for no key update skip locked) l;
        if locked < cardinality(joined) then return false; end if;
        perform agentcron.answer(t.id, q.default_option, 'agentcron', 'input_timeout', q.id);
        return true;
    end if;
    update agentcron.questions x set outcome = 'expired', closed_at = clock_timestamp()
        where x.id = q.id;
    if what = 'continue' or exists (select from agentcron.leases l where l.task_id = t.id) then
        perform agentcron.go_on(t.id);
        return true;
    end if;
    update agentcron.questions x set outcome = 'withdrawn', closed_at = clock_timestamp()
        where x.task_id = t.id and x.outcome is null;
    update agentcron.tasks x
        set status = 'failed', reason = 'input_timeout', finished_at = clock_timestamp(),
            message = format('nobody answered in time: %s', q.headline)
        where x.id = t.id;
    perform agentcron.release_held(array['schedule:' || t.schedule_id])
        where t.schedule_id is not null;
    return true;
end $$;

-- What follows from the end of a task.
create function agentcron.tasks_ended() returns trigger language plpgsql as $$
begin
    insert into agentcron.alarms (kind, task_id) values ('ended', new.id);
    return null;
end $$;
create trigger tasks_ended after update of status on agentcron.tasks
    for each row when (new.watched and new.schedule_id is not null
                       and new.status in ('succeeded', 'failed', 'cancelled', 'skipped')
                       and new.status is distinct from old.status)
    execute function agentcron.tasks_ended();

-- Pauses the schedule after so many failures in a row since it was last resumed.
create function agentcron.pause_after_failures(t agentcron.tasks) returns void
    language plpgsql as $$
declare
    s agentcron.schedules;
    failures bigint;
begin
    select * into s from agentcron.schedules x
        where x.id = t.schedule_id and x.paused_at is null and x.pause_after_failures is not null;
    if not found or t.status <> 'failed' then return; end if;
    select count(*) into failures
        from (select x.status from agentcron.tasks x
              where x.schedule_id = s.id and x.fire_time is not null
                and x.status in ('succeeded', 'failed')
                and x.finished_at > coalesce((select max(p.resumed_at) from agentcron.pauses p
                                              where p.schedule_id = s.id), '-infinity')
              order by x.fire_time desc limit s.pause_after_failures) latest
        where latest.status = 'failed';
    if failures < s.pause_after_failures then return; end if;
    update agentcron.schedules x
        set paused_at = clock_timestamp(), paused_by = 'agentcron',
            paused_reason = format('%s failures in a row, the last one task %s: %s', failures, t.id,
                                   coalesce(t.message, t.reason))
        where x.id = s.id;
end $$;

-- Fires the schedules that come after this task's.
create function agentcron.fire_after(t agentcron.tasks) returns void language plpgsql as $$
declare
    d agentcron.schedules;
    made agentcron.tasks;
begin
    for d in select * from agentcron.schedules x
        where t.schedule = any(x.after) and x.enabled and x.paused_at is null and x.error is null
        order by x.id
    loop
        if t.status = 'failed' then
            insert into agentcron.tasks
                    (schedule_id, schedule, agent, fire_time, run_at, priority, status, reason,
                     message, because_of, finished_at, spec, owner, trigger, watched)
                values (d.id, d.name, d.agent, t.finished_at, t.finished_at, d.priority,
                        'cancelled', 'upstream', format('task %s of "%s" failed', t.id, t.schedule),
                        t.id, clock_timestamp(), agentcron.task_spec(d, '{}'), d.owner, 'after',
                        agentcron.is_watched(d))
                on conflict do nothing;
            continue;
        end if;
        insert into agentcron.arrivals as a (schedule_id, upstream, task_id)
            values (d.id, t.schedule, t.id)
            on conflict (schedule_id, upstream) do update set task_id = excluded.task_id;
        continue when exists (
            select from unnest(d.after) u (name) where not exists (
                select from agentcron.arrivals a
                where a.schedule_id = d.id and a.upstream = u.name));
        insert into agentcron.tasks
                (schedule_id, schedule, agent, fire_time, run_at, priority, status, spec, owner,
                 trigger, watched, because_of, inputs)
            select d.id, d.name, d.agent, t.finished_at, clock_timestamp(), d.priority, 'queued',
                   agentcron.task_spec(d, '{}'), d.owner, 'after', agentcron.is_watched(d), t.id,
                   (select jsonb_object_agg(a.upstream, x.result) from agentcron.arrivals a
                    join agentcron.tasks x on x.id = a.task_id where a.schedule_id = d.id)
            on conflict do nothing
            returning * into made;
        if found then perform agentcron.put_in_queue(made); end if;
        delete from agentcron.arrivals a where a.schedule_id = d.id;
    end loop;
end $$;

create function agentcron.task_has_ended(task_id bigint) returns boolean language plpgsql as $$
declare
    t agentcron.tasks;
    concerned bigint[];
    locked bigint;
begin
    select * into t from agentcron.tasks x where x.id = task_has_ended.task_id;
    concerned := array(select x.id from agentcron.schedules x
                       where x.id = t.schedule_id or t.schedule = any(x.after));
    if t.schedule_id <> all(concerned) then return true; end if;
    -- Somebody edits one of them: what follows is decided by what he leaves. And of two ends at
    -- once the second one sees that the first has arrived.
    select count(*) into locked from (
        select from agentcron.schedules x where x.id = any(concerned)
        order by x.id for no key update skip locked) l;
    if locked < cardinality(concerned) then return false; end if;
    if t.status not in ('succeeded', 'failed') then return true; end if;
    perform agentcron.pause_after_failures(t);
    perform agentcron.fire_after(t);
    return true;
end $$;

-- At most 200 alarms that are due at `now`; returns how many were dealt with. One that meets an
-- error is put off, so that it cannot stop the others.
create function agentcron.ring_alarms(now timestamptz) returns bigint language plpgsql as $$
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
                when 'ended' then agentcron.task_has_ended(a.task_id) end;
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

-- In words, why nobody made a due time in time.
create function agentcron.downtime_at(at timestamptz) returns text language sql stable as $$
    select case when d.down_from is null then 'no scheduler had run before'
                when d.down_from > downtime_at.at then 'no scheduler dealt with it in time'
                else format('no scheduler ran from %s to %s',
                    to_char(d.down_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                    coalesce(to_char(d.up_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                             'now'))
           end
    from (select (select max(coalesce(s.stopped_at, s.heartbeat_at)) from agentcron.schedulers s
                  where s.started_at <= downtime_at.at) as down_from,
                 (select min(s.started_at) from agentcron.schedulers s
                  where s.started_at > downtime_at.at) as up_at) d
$$;
comment on function agentcron.downtime_at is
    'Why a due time at that instant was missed: from when to when no scheduler ran.';
