-- `on_lost`: what becomes of a task whose worker was lost. The statement `rescue` decides it.

alter table agentcron.schedules
    add column on_lost text not null default 'retry' check (on_lost in ('retry', 'fail', 'ask'));
comment on column agentcron.schedules.on_lost is
    'What becomes of a task whose worker was lost: retry (by its retry policy), fail, or ask: it '
    'waits for a person who says whether it is run again.';

-- A declared column more: see 0005_declarations.sql.
drop trigger schedules_before_update on agentcron.schedules;
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

create or replace function agentcron.task_spec(s agentcron.schedules, params jsonb) returns jsonb
    language sql stable as $$
    select jsonb_build_object('prompt', s.prompt, 'params', s.params || params)
        || jsonb_strip_nulls(jsonb_build_object(
            'context', nullif(s.context, '{}'),
            'timeout', nullif(extract(epoch from s.timeout)::bigint, 3600),
            'hold', nullif(extract(epoch from s.hold)::bigint, 600),
            'total_timeout', nullif(extract(epoch from s.total_timeout)::bigint, 0),
            'stall_timeout', nullif(extract(epoch from s.stall_timeout)::bigint, 0),
            'queue_timeout', nullif(extract(epoch from s.queue_timeout)::bigint, 0),
            'input_timeout', nullif(extract(epoch from s.input_timeout)::bigint, 0),
            'on_input_timeout', nullif(s.on_input_timeout, 'fail'),
            'on_lost', nullif(s.on_lost, 'retry'),
            'conversation', nullif(s.conversation, 'fresh'),
            'max_limit_waits', nullif(s.max_limit_waits, 5),
            'budget', nullif(s.budget - 'per_day', '{}'),
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

-- The question that a rescue asks in place of an agent; agents cannot take the name, for theirs
-- belong to a leg that has a worker.
create function agentcron.lost_question() returns text language sql immutable as $$
    select 'agentcron:lost'
$$;

create function agentcron.lost_headline(work interval) returns text language sql immutable as $$
    select format('It was lost after %s of work. Run it again?',
                  case when work < '1 minute' then 'less than a minute'
                       when work < '2 minutes' then '1 minute'
                       else floor(extract(epoch from work) / 60) || ' minutes' end)
$$;

-- What the answer to that question says; the caller holds the task's lock. Nobody's answer, where
-- on_input_timeout is continue, goes on too.
create function agentcron.go_on_after_loss(q agentcron.questions) returns void
    language plpgsql as $$
declare
    words text := lower(trim(q.answer));
    t agentcron.tasks;
    resumes boolean;
begin
    if q.outcome = 'answered' and words not in ('run again', 'give up') then
        raise exception 'the answer is "run again" or "give up", not "%"', q.answer
            using errcode = '22023';
    end if;
    if words = 'give up' then
        update agentcron.tasks x
            set status = 'failed', reason = 'lost', finished_at = clock_timestamp(),
                message = format('it was lost, and %s gave it up', q.answered_by)
            where x.id = q.task_id and x.status = 'waiting_for_input'
            returning * into t;
        perform agentcron.release_held(array['schedule:' || t.schedule_id])
            where t.schedule_id is not null;
        return;
    end if;
    -- As after any loss: a leg that had resumed does so again, and is counted here.
    select a.resumes into resumes from agentcron.attempts a
        where a.task_id = q.task_id and a.run_no = q.run_no;
    update agentcron.tasks x
        set status = 'queued', reason = 'retry', run_at = now(),
            attempt = x.attempt + resumes::integer
        where x.id = q.task_id and x.status = 'waiting_for_input'
        returning * into t;
    if not found then return; end if;
    perform agentcron.put_in_queue(t, resumes);
    perform agentcron.wake('ready');
end $$;

create or replace function agentcron.go_on(task_id bigint) returns void language plpgsql as $$
declare
    t agentcron.tasks;
    q agentcron.questions;
begin
    if exists (select from agentcron.leases l where l.task_id = go_on.task_id) then
        perform agentcron.wake('signal');
        return;
    end if;
    select x.* into q from agentcron.questions x join agentcron.tasks y on y.id = x.task_id
        where x.task_id = go_on.task_id and x.run_no = y.run_no
          and x.native_id = agentcron.lost_question() and x.outcome in ('answered', 'expired');
    if found then
        perform agentcron.go_on_after_loss(q);
        return;
    end if;
    update agentcron.tasks x set status = 'queued', run_at = now()
        where x.id = go_on.task_id and x.status = 'waiting_for_input' and not exists (
            select from agentcron.questions o
            where o.task_id = go_on.task_id and o.outcome is null)
        returning * into t;
    if found then
        perform agentcron.put_in_queue(t, true);
        perform agentcron.wake('ready');
    end if;
end $$;
