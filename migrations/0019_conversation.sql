-- Schedules whose tasks go on with one conversation.

alter table agentcron.schedules
    add column conversation text not null default 'fresh'
        check (conversation in ('fresh', 'continue'));
comment on column agentcron.schedules.conversation is
    'fresh: each task begins a new conversation; continue: it goes on with that of the schedule''s '
    'latest task that has one, and so do its retries. One task at a time then.';

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
            'timeout', nullif(extract(epoch from s.timeout)::bigint, 3600),
            'hold', nullif(extract(epoch from s.hold)::bigint, 600),
            'total_timeout', nullif(extract(epoch from s.total_timeout)::bigint, 0),
            'stall_timeout', nullif(extract(epoch from s.stall_timeout)::bigint, 0),
            'queue_timeout', nullif(extract(epoch from s.queue_timeout)::bigint, 0),
            'input_timeout', nullif(extract(epoch from s.input_timeout)::bigint, 0),
            'on_input_timeout', nullif(s.on_input_timeout, 'fail'),
            'conversation', nullif(s.conversation, 'fresh'),
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

-- For "the latest task of a schedule that has a conversation".
create index tasks_sessions on agentcron.tasks (schedule_id, id)
    where session_id is not null and schedule_id is not null;

-- The task whose conversation a task that has none yet goes on with: the latest of its schedule; of
-- a chain's step the latest of its chain. A conversation belongs to one agent.
create function agentcron.continues_from(t agentcron.tasks)
    returns table (task_id bigint, session_id text) language sql stable rows 1 as $$
    (select x.id, x.session_id from agentcron.tasks x
     where x.schedule_id = t.schedule_id and x.id <> t.id and x.agent = t.agent
       and x.session_id is not null and x.schedule_id is not null
     order by x.id desc limit 1)
    union all
    (select x.id, x.session_id from agentcron.tasks x
     where x.chain_id = t.chain_id and x.step_no < t.step_no and x.agent = t.agent
       and x.session_id is not null
     order by x.step_no desc limit 1)
    limit 1
$$;
