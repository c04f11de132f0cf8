-- Budgets: what a task, and what all tasks of a schedule in a day, may cost.

alter table agentcron.schedules
    add column budget jsonb not null default '{}' check (jsonb_typeof(budget) = 'object');
comment on column agentcron.schedules.budget is
    'What a task may cost, its legs and retries together: {"cost_usd": 1.5, "turns": 40, '
    '"tokens": 200000}; over it the agent is ended (failed/budget). "per_day": {...}: the same for '
    'all tasks of the schedule in a day of its zone; used up, no more of them starts.';

-- Its place in tasks.spec and in the trigger of declared columns: 0026_context.sql.

comment on column agentcron.attempts.usage is
    'cpu_user_s, cpu_system_s, max_rss_kib, cost_usd, input_tokens, output_tokens, turns.';

-- Each attempt that cost something, once it has ended. Rows are only inserted.
create table agentcron.spending (
    schedule_id bigint not null,
    at          timestamptz not null default clock_timestamp(),
    task_id     bigint not null,
    cost_usd    numeric(14, 6) not null,
    tokens      bigint not null,
    turns       bigint not null
);
create index spending_of_schedule on agentcron.spending (schedule_id, at);
comment on table agentcron.spending is
    'What the attempts of schedules cost, as they ended: what budgets of a day are held against.';

-- What one attempt used; beyond all sense counts as the most that there is.
create function agentcron.used_tokens(usage jsonb) returns numeric
    language sql immutable as $$
    select coalesce(agentcron.with_usage(null, usage, 'input_tokens'), 0)
         + coalesce(agentcron.with_usage(null, usage, 'output_tokens'), 0)
$$;

create function agentcron.attempts_spent() returns trigger language plpgsql as $$
begin
    insert into agentcron.spending (schedule_id, task_id, cost_usd, tokens, turns)
        select coalesce(t.schedule_id, c.schedule_id), t.id,
               coalesce(agentcron.with_usage(null, new.usage, 'cost_usd'), 0),
               agentcron.used_tokens(new.usage),
               coalesce(agentcron.with_usage(null, new.usage, 'turns'), 0)
        from agentcron.tasks t left join agentcron.tasks c on c.id = t.chain_id
        where t.id = new.task_id and coalesce(t.schedule_id, c.schedule_id) is not null;
    return null;
end $$;
create trigger attempts_spent after update of usage on agentcron.attempts for each row
    when (old.finished_at is null and new.usage ?| array['cost_usd', 'input_tokens',
                                                         'output_tokens', 'turns'])
    execute function agentcron.attempts_spent();

-- The beginning of the day that it is now in a zone; one that PostgreSQL does not know is UTC.
create function agentcron.day_start(zone text) returns timestamptz language plpgsql stable as $$
begin
    return date_trunc('day', clock_timestamp() at time zone zone) at time zone zone;
exception when invalid_parameter_value then
    return date_trunc('day', clock_timestamp() at time zone 'UTC') at time zone 'UTC';
end $$;

-- What tasks have used since a start: a person who retries one has it start anew, with a new
-- budget.
create function agentcron.spent_by(task_ids bigint[], since timestamptz) returns jsonb
    language sql stable as $$
    select jsonb_build_object(
        'cost_usd', coalesce(sum(agentcron.with_usage(null, a.usage, 'cost_usd')), 0),
        'tokens', coalesce(sum(agentcron.used_tokens(a.usage)), 0),
        'turns', coalesce(sum(agentcron.with_usage(null, a.usage, 'turns')), 0))
    from agentcron.attempts a where a.task_id = any(task_ids) and a.started_at >= since
$$;

-- Of a task that starts: what it has used, and the budgets that it shares, of its chain and of its
-- schedule for the day, with what was used of them.
create function agentcron.budget_facts(task_id bigint, chain_id bigint, schedule_id bigint)
    returns jsonb language plpgsql stable as $$
declare
    s agentcron.schedules;
    t agentcron.tasks;
    chain agentcron.tasks;
    day timestamptz;
    shared jsonb := '[]';
begin
    select * into t from agentcron.tasks x where x.id = budget_facts.task_id;
    select * into chain from agentcron.tasks x where x.id = budget_facts.chain_id;
    if chain.spec ? 'budget' then
        shared := shared || jsonb_build_object(
            'of', 'the budget of its chain', 'limit', chain.spec -> 'budget',
            'spent', agentcron.spent_by(
                array(select x.id from agentcron.tasks x where x.chain_id = chain.id),
                chain.started_at));
    end if;
    select * into s from agentcron.schedules x where x.id = budget_facts.schedule_id;
    if s.budget ? 'per_day' then
        day := agentcron.day_start(s.timezone);
        shared := shared || jsonb_build_object(
            'of', format('the day''s budget of schedule %s', s.name),
            'limit', s.budget -> 'per_day',
            'spent', (
                select jsonb_build_object('cost_usd', coalesce(sum(p.cost_usd), 0),
                                          'tokens', coalesce(sum(p.tokens), 0),
                                          'turns', coalesce(sum(p.turns), 0))
                from agentcron.spending p where p.schedule_id = s.id and p.at >= day));
    end if;
    return jsonb_build_object('spent', agentcron.spent_by(array[t.id], t.started_at),
                              'shared', shared);
end $$;
comment on function agentcron.budget_facts is 'What a claim tells the worker of budgets.';
