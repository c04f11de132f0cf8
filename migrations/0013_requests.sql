-- What agents ask that is more than a text: several choices at once, a form, a page to visit, a
-- plan. And what was asked for, so that the same request, asked again, gets the answer it has.

alter table agentcron.questions
    drop constraint questions_kind_check,
    add constraint questions_kind_check
        check (kind in ('ask', 'approve', 'choice', 'form', 'url', 'plan')),
    add column items jsonb not null default '[]' check (jsonb_typeof(items) = 'array'),
    add column schema jsonb check (jsonb_typeof(schema) = 'object'),
    add column request jsonb;
comment on column agentcron.questions.items is
    'Of a choice that asks several things: [{key, text, options, several, secret}]. The answer is '
    'a JSON object {key: option, or [options]}; a plain text answers each of them.';
comment on column agentcron.questions.schema is
    'Of a form: JSON Schema of the object that answers it. `decline` answers it too.';
comment on column agentcron.questions.request is
    'What the agent wants to do, e.g. {"tool": "Bash", "input": {"command": "ls"}}. Answer with '
    'allow, allow_session, deny: REASON or {"allow": true, "input": {...}}, which allows something '
    'else instead.';

-- What is wrong with one field of a form; null: nothing.
create function agentcron.field_fault(type jsonb, value jsonb) returns text
    language plpgsql immutable as $$
declare
    allowed text[] := array(
        select coalesce(one ->> 'const', one #>> '{}')
        from jsonb_each(type) list(key, ones), jsonb_array_elements(list.ones) one
        where list.key in ('enum', 'oneOf', 'anyOf') and jsonb_typeof(list.ones) = 'array');
    kind text := coalesce(type ->> 'type', case when allowed <> '{}' then 'string' end);
    given text := jsonb_typeof(value);
    words text := value #>> '{}';
begin
    if kind = 'boolean' and given <> 'boolean' then return 'expected true or false'; end if;
    if kind = 'array' then
        if given <> 'array' then return 'expected a list'; end if;
        return (select agentcron.field_fault(
                    jsonb_build_object('type', 'string') || (type -> 'items'), one)
                from jsonb_array_elements(value) one
                where agentcron.field_fault(
                    jsonb_build_object('type', 'string') || (type -> 'items'), one) is not null
                limit 1);
    end if;
    if kind in ('number', 'integer') then
        if given <> 'number' then
            return case kind when 'integer' then 'expected a whole number'
                             else 'expected a number' end;
        end if;
        if kind = 'integer' and words !~ '^-?\d+$' then return 'expected a whole number'; end if;
        if words::numeric < (type ->> 'minimum')::numeric then
            return 'expected at least ' || (type ->> 'minimum');
        end if;
        if words::numeric > (type ->> 'maximum')::numeric then
            return 'expected at most ' || (type ->> 'maximum');
        end if;
    end if;
    if kind = 'string' then
        if given <> 'string' then return 'expected a text'; end if;
        if allowed <> '{}' and words <> all(allowed) then
            return 'expected one of ' || array_to_string(allowed, ', ');
        end if;
        if length(words) < (type ->> 'minLength')::numeric then
            return format('expected at least %s characters', type ->> 'minLength');
        end if;
        if length(words) > (type ->> 'maxLength')::numeric then
            return format('expected at most %s characters', type ->> 'maxLength');
        end if;
    end if;
    return null;
end $$;

create function agentcron.form_fault(schema jsonb, answer text) returns text
    language plpgsql immutable as $$
declare
    properties jsonb := coalesce(schema -> 'properties', '{}');
    fields text[] := array(select jsonb_object_keys(properties));
    form jsonb;
    fault text;
begin
    if lower(trim(e' \t\r\n' from answer)) in ('decline', 'cancel', 'no') then return null; end if;
    begin
        form := answer::jsonb;
    exception when others then
        form := null;
    end;
    if form is null or jsonb_typeof(form) <> 'object' then
        if cardinality(fields) <> 1 then
            return 'expected a JSON object with the form''s fields, or decline';
        end if;
        -- A plain text fills a form of one field.
        form := jsonb_build_object(fields[1], case
            when coalesce(properties -> fields[1] ->> 'type', 'string') = 'string' or form is null
            then to_jsonb(trim(e' \t\r\n' from answer)) else form end);
    end if;
    select format('%s: %s', name, agentcron.field_fault(properties -> name, form -> name))
        into fault
        from unnest(fields) name
        where form ? name and agentcron.field_fault(properties -> name, form -> name) is not null
        order by name limit 1;
    if fault is not null then return fault; end if;
    return (select format('%s: this field is required', name)
            from jsonb_array_elements_text(coalesce(schema -> 'required', '[]')) name
            where not form ? name limit 1);
end $$;
comment on function agentcron.form_fault is
    'Why a text cannot answer a form with this schema; null: it can.';

-- Whoever answers, and by whatever way, learns at once that a form does not take his answer.
create function agentcron.form_answered() returns trigger language plpgsql as $$
declare
    fault text := agentcron.form_fault(new.schema, new.answer);
begin
    if fault is not null then
        raise exception 'task %: the form does not take this answer: %', new.task_id, fault
            using errcode = '22023', hint = format(
                'select schema from agentcron.questions where id = %s', new.id);
    end if;
    return new;
end $$;
create trigger form_answered before update of outcome on agentcron.questions for each row
    when (new.outcome = 'answered' and new.kind = 'form' and new.schema is not null)
    execute function agentcron.form_answered();

create or replace view agentcron.inbox as
select q.task_id, q.id as question_id, t.schedule, t.agent, q.kind, q.headline, q.body, q.options,
       q.default_option, q.asked_at, clock_timestamp() - q.asked_at as age, q.deadline,
       not exists (select from agentcron.leases l where l.task_id = q.task_id) as parked,
       format('agentcron answer %s "..."', q.task_id) as answer_with,
       (select count(distinct o.task_id) from agentcron.questions o
        where o.joins = q.id and o.outcome is null) as also_waiting,
       t.step, t.chain_id, q.items, q.schema, q.request
from agentcron.questions q join agentcron.tasks t on t.id = q.task_id
where q.outcome is null and q.joins is null;

-- What a leg that was parked has used counts as well. A claim beyond all sense does not keep its
-- task from being parked.
create function agentcron.with_usage(total numeric, usage jsonb, key text) returns numeric
    language sql immutable as $$
    select coalesce(total + used, total, used)
    from (select least((usage ->> key)::numeric,
                       case key when 'cost_usd' then 1e7 else 1e15 end)) u (used)
$$;
