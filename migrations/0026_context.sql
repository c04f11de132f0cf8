-- `context`: queries of a schedule whose rows its attempts get.

alter table agentcron.schedules
    add column context jsonb not null default '{}' check (jsonb_typeof(context) = 'object');
comment on column agentcron.schedules.context is
    'Queries by name: {"mail": "select ..."}. They run at the start of each attempt, read-only, as '
    'the role that the setting `context` names; the prompt gets the rows as {{context.mail}}. '
    '{{params.NAME}}, {{fire_time}}, {{last_success_at}} and the like in them are bound values.';

-- Declared columns more, also those of 0019, 0023 and 0024: see 0005_declarations.sql.
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

alter table agentcron.tasks
    drop constraint tasks_state,
    -- The same table as src/task/status.cpp; a test compares them.
    add constraint tasks_state check (case status
        when 'queued'            then reason in ('', 'retry')
        when 'blocked'           then reason in ('usage_limit', 'auth', 'upstream')
        when 'running'           then reason = ''
        when 'waiting_for_input' then reason = ''
        when 'succeeded'         then reason = ''
        when 'failed'            then reason in ('exit_code', 'signal', 'timeout', 'stalled',
            'input_timeout', 'lost', 'spawn', 'protocol', 'budget', 'output_limit', 'check',
            'usage_limit', 'context')
        when 'cancelled'         then reason in ('user', 'replaced', 'upstream')
        when 'skipped'           then reason in ('overlap', 'missed', 'expired', 'open_question')
        else false end);
