-- What follows from a change of a declaration, whatever was changed.

-- A schedule may come after others alone, and a chain's steps may each name their own agent.
alter table agentcron.schedules
    alter column cron set default '',
    alter column agent set default '';
comment on column agentcron.schedules.cron is
    'When it fires, as a cron expression; empty where it only comes after others.';
comment on column agentcron.schedules.agent is
    'Who runs; may be empty where every step names its own.';

-- A schedule's row without what nobody declares: what the scheduler keeps, whose it is, and whether
-- it is paused. For comparisons; every column that is not named here counts, also one to come.
create function agentcron.declared(s agentcron.schedules) returns agentcron.schedules
    language plpgsql immutable as $$
begin
    s.id := null;
    s.source := null;
    s.origin := null;
    s.owner := null;
    s.created_at := null;
    s.paused_at := null;
    s.paused_by := null;
    s.paused_reason := null;
    s.rev := null;
    s.planned_rev := null;
    s.next_fire_at := null;
    s.zone_version := null;
    s.last_fire_at := null;
    s.last_fire_reading := null;
    s.error := null;
    s.runs := null;
    return s;
end $$;

create or replace function agentcron.schedules_before() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        new.rev := 1;
        new.planned_rev := 0;
        new.next_fire_at := null;
        new.last_fire_at := null;
        new.last_fire_reading := null;
        new.error := null;
        new.runs := 0;
        return new;
    end if;
    if new.paused_at is not distinct from old.paused_at
       and agentcron.declared(new) is not distinct from agentcron.declared(old)
    then
        return new;
    end if;
    new.rev := old.rev + 1;
    new.error := null;
    -- A change of the times discards what lay before it; other edits keep the cursor.
    if (new.cron, new.timezone, new.enabled, new.paused_at is null, new.starts_at, new.ends_at,
        new.max_runs, new.exclude, new.after)
       is distinct from
       (old.cron, old.timezone, old.enabled, old.paused_at is null, old.starts_at, old.ends_at,
        old.max_runs, old.exclude, old.after)
    then
        new.next_fire_at := null;
        new.last_fire_at := null;
        new.last_fire_reading := null;
    end if;
    return new;
end $$;

-- The scheduler moves many cursors at once: its writes, which name its own columns alone, do not
-- call the function at all. A migration that adds a declared column makes this trigger again.
drop trigger schedules_before on agentcron.schedules;
create trigger schedules_before_insert before insert on agentcron.schedules
    for each row execute function agentcron.schedules_before();
do $$
begin
    execute format(
        'create trigger schedules_before_update before update of %s on agentcron.schedules '
        'for each row execute function agentcron.schedules_before()',
        (select string_agg(quote_ident(a.attname), ', ') from pg_attribute a
         where a.attrelid = 'agentcron.schedules'::regclass and a.attnum > 0
           and not a.attisdropped
           and a.attname <> all(array['rev', 'planned_rev', 'next_fire_at', 'zone_version',
                                      'last_fire_at', 'last_fire_reading', 'error', 'runs'])));
end $$;

-- The scheduler's own writes of the cursor do not change rev, so they wake nobody.
drop trigger schedules_updated on agentcron.schedules;
create trigger schedules_updated after update on agentcron.schedules
    for each row when (new.rev <> old.rev) execute function agentcron.schedules_changed();

-- Who pauses a schedule need not know of the table `pauses`.
create function agentcron.schedules_paused() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.paused_at = new.paused_at then
        update agentcron.pauses p set paused_by = new.paused_by, reason = new.paused_reason
            where p.schedule_id = new.id and p.resumed_at is null;
        return null;
    end if;
    update agentcron.pauses p set resumed_at = now()
        where p.schedule_id = new.id and p.resumed_at is null;
    if new.paused_at is not null then
        insert into agentcron.pauses (schedule_id, paused_at, paused_by, reason)
            values (new.id, new.paused_at, new.paused_by, new.paused_reason);
    end if;
    return null;
end $$;
create trigger schedules_inserted_paused after insert on agentcron.schedules
    for each row when (new.paused_at is not null) execute function agentcron.schedules_paused();
create trigger schedules_paused after update on agentcron.schedules
    for each row when ((old.paused_at, old.paused_by, old.paused_reason)
                       is distinct from (new.paused_at, new.paused_by, new.paused_reason))
    execute function agentcron.schedules_paused();

-- tasks.spec of a schedule as it stands now; src/task/spec.cpp reads it. Members that have their
-- default are left out, to keep the rows of tasks small. Only the policies lose their nulls:
-- a parameter may be one.
create or replace function agentcron.task_spec(s agentcron.schedules, params jsonb) returns jsonb
    language sql stable as $$
    select jsonb_build_object('prompt', s.prompt, 'params', s.params || params)
        || jsonb_strip_nulls(jsonb_build_object(
            'timeout', nullif(extract(epoch from s.timeout)::bigint, 3600),
            'hold', nullif(extract(epoch from s.hold)::bigint, 600),
            'total_timeout', nullif(extract(epoch from s.total_timeout)::bigint, 0),
            'stall_timeout', nullif(extract(epoch from s.stall_timeout)::bigint, 0),
            'queue_timeout', nullif(extract(epoch from s.queue_timeout)::bigint, 0),
            'input_timeout', nullif(extract(epoch from s.input_timeout)::bigint, 0),
            'on_input_timeout', nullif(s.on_input_timeout, 'fail'),
            'retry', nullif(jsonb_strip_nulls(jsonb_build_object(
                'attempts', nullif(s.retry_attempts, 1),
                'backoff', nullif(extract(epoch from s.retry_backoff)::bigint, 30),
                'max_backoff', nullif(extract(epoch from s.retry_max_backoff)::bigint, 3600),
                'jitter', nullif(s.retry_jitter, true),
                'on', to_jsonb(s.retry_on),
                'never_on_exit', nullif(to_jsonb(s.retry_never_on_exit), '[]'))), '{}'),
            'success', nullif(s.success, '{}')))
        || case when s.steps = '[]' then '{}' else jsonb_build_object('steps', s.steps) end
$$;
