-- Reminders and escalation: what is told of a question that stays open. notify.reminders and
-- notify.escalate say when. An alarm only names the instant of a look; what has been told stands in
-- the question's row and is written in the transaction of the outbox row. So looking twice tells
-- nothing twice, and after a downtime one reminder stands for all that were due in it.

alter table agentcron.questions
    add column reminded_at timestamptz,
    add column escalated_at timestamptz;
comment on column agentcron.questions.reminded_at is 'When people were last reminded of it.';
comment on column agentcron.questions.escalated_at is
    'When those were told whom notify.escalate names.';

alter table agentcron.alarms
    drop constraint alarms_kind_check,
    add constraint alarms_kind_check check (kind in ('queue', 'total', 'input', 'ended', 'remind'));
comment on table agentcron.alarms is
    'Instants at which a scheduler looks at a task: the end of its queue_timeout, total_timeout or '
    'input_timeout, its end, from which something follows, or a reminder of a question. An alarm '
    'that has nothing to say any more is dropped then, not before.';
create index alarms_of_question on agentcron.alarms (question_id) where kind = 'remind';

comment on column agentcron.schedules.notify is
    '{"on": ["failed", "waiting_for_input", "recovered", "paused", "missed"], "command": [argv]} '
    'or "webhook": "https://...", with "secret_file". Of a question that stays open: "reminders": '
    '[seconds after it was asked], "escalate": {"after": seconds, "command" or "webhook"}. A '
    'command runs as agentcron: grant this column accordingly.';
comment on column agentcron.outbox.event is
    'failed, recovered, missed, waiting_for_input, reminder, escalated or paused; of a ping: '
    'start, success or fail.';
comment on column agentcron.notifications.event is
    'failed, recovered, missed, waiting_for_input, reminder, escalated, paused; of a ping: start, '
    'success, fail.';
comment on column agentcron.outbox.payload is
    'What is sent, one shape for all events: id (the idempotency key), event, at, text (one line '
    'for people), schedule, task_id, step, fire_time, fires_covered, status, reason, message, '
    'summary, attempt, question {id, kind, headline, body, options, default_option, deadline, '
    'asked_at, age_s}, paused_by, answer_with, show_with, why_with. Members that do not apply are '
    'null.';

create function agentcron.notify_target(s agentcron.schedules, target jsonb, event text, words text,
                                        about jsonb)
    returns void language plpgsql as $$
declare
    send_by text;
    key uuid;
begin
    foreach send_by in array array['command', 'webhook'] loop
        continue when coalesce(jsonb_typeof(target -> send_by), 'null') = 'null';
        key := gen_random_uuid();
        insert into agentcron.outbox (id, event, channel, target, schedule_id, task_id, payload)
        values (key, event, send_by,
                case send_by
                    when 'command' then jsonb_build_object('command', target -> 'command')
                    else jsonb_strip_nulls(jsonb_build_object(
                        'url', target -> 'webhook', 'secret_file', target -> 'secret_file'))
                end,
                s.id, (about ->> 'task_id')::bigint,
                jsonb_build_object(
                    'task_id', null, 'step', null, 'fire_time', null, 'fires_covered', null,
                    'status', null, 'reason', null, 'message', null, 'summary', null,
                    'attempt', null, 'question', null, 'paused_by', null, 'answer_with', null,
                    'show_with', null)
                || about
                || jsonb_build_object(
                    'id', key, 'event', event, 'schedule', s.name, 'text', words,
                    'at', agentcron.instant_text(clock_timestamp()),
                    'why_with', 'agentcron why ' || s.name
                        || coalesce(' ' || (about ->> 'fire_time'), '')));
    end loop;
end $$;
comment on function agentcron.notify_target is
    'Queues a notification of the schedule in this transaction for target, whose members are '
    'command, or webhook and secret_file: words are its line for people, about its members of '
    'outbox.payload.';

create or replace function agentcron.notify_about(s agentcron.schedules, event text, words text,
                                                  about jsonb)
    returns void language plpgsql as $$
begin
    if coalesce(s.notify -> 'on' ? event, false) then
        perform agentcron.notify_target(s, s.notify, event, words, about);
    end if;
end $$;
comment on function agentcron.notify_about is
    'Queues a notification of the schedule in this transaction, if its notify asks for the event: '
    'words are its line for people, about its members of outbox.payload.';

-- A span in JSON that people may have written; what is no sensible number of seconds is none.
create function agentcron.span_of(seconds jsonb) returns interval language sql immutable as $$
    select case when jsonb_typeof(seconds) = 'number' then
               case when (seconds #>> '{}')::numeric between 1 and 31622400
                    then make_interval(secs => (seconds #>> '{}')::float8) end end
$$;

-- When people are to be told again of an open question, from what its schedule says now.
create function agentcron.reminders_of(q agentcron.questions, s agentcron.schedules)
    returns table (event text, at timestamptz) language sql stable as $$
    select 'reminder', q.asked_at + agentcron.span_of(r.seconds)
    from jsonb_array_elements(case when jsonb_typeof(s.notify -> 'reminders') = 'array'
                                   then s.notify -> 'reminders' else '[]' end) r (seconds)
    where q.asked_at + agentcron.span_of(r.seconds) > coalesce(q.reminded_at, '-infinity')
    union all
    select 'escalated', q.asked_at + agentcron.span_of(s.notify #> '{escalate,after}')
    where q.escalated_at is null and agentcron.span_of(s.notify #> '{escalate,after}') is not null
$$;

-- The one alarm of a question. SKIP LOCKED: a rival who rings another one of it sets it again.
create function agentcron.set_reminder(q agentcron.questions, s agentcron.schedules) returns void
    language sql as $$
    with old as (
        select a.at, a.id from agentcron.alarms a
        where a.kind = 'remind' and a.question_id = q.id for update skip locked
    ), gone as (
        delete from agentcron.alarms a using old where a.at = old.at and a.id = old.id
    )
    insert into agentcron.alarms (at, kind, task_id, question_id)
        select min(r.at), 'remind', q.task_id, q.id from agentcron.reminders_of(q, s) r
        having min(r.at) is not null
$$;

create function agentcron.about_question(q agentcron.questions, asking agentcron.tasks,
                                         whole agentcron.tasks)
    returns jsonb language sql stable as $$
    select agentcron.task_payload(asking) || jsonb_build_object(
        'status', 'waiting_for_input',
        'fire_time', agentcron.instant_text(whole.fire_time),
        'question', jsonb_build_object(
            'id', q.id, 'kind', q.kind, 'headline', q.headline, 'body', left(q.body, 16000),
            'options', q.options, 'default_option', q.default_option,
            'deadline', agentcron.instant_text(q.deadline),
            'asked_at', agentcron.instant_text(q.asked_at),
            'age_s', floor(extract(epoch from clock_timestamp() - q.asked_at))::bigint),
        'answer_with', format('agentcron answer %s "..."', asking.id))
$$;
comment on function agentcron.about_question is
    'What a notification says of an open question; whole is its task''s chain, or the task itself.';

create or replace function agentcron.questions_followed() returns trigger language plpgsql as $$
declare
    asking agentcron.tasks;
    whole agentcron.tasks; -- of a chain, where the schedule stands
    s agentcron.schedules;
begin
    select * into asking from agentcron.tasks x where x.id = new.task_id;
    whole := asking;
    if asking.chain_id is not null then
        select * into whole from agentcron.tasks x where x.id = asking.chain_id;
    end if;
    if not coalesce(whole.watched, false) then
        return null;
    end if;
    select * into s from agentcron.schedules x where x.id = whole.schedule_id;
    if not found then
        return null;
    end if;
    -- One that comes to stand for others that had joined another one is told by its reminders.
    if tg_op = 'INSERT' then
        perform agentcron.notify_about(s, 'waiting_for_input',
            format('%s asks: %s (task %s)', s.name, agentcron.one_line(new.headline), asking.id),
            agentcron.about_question(new, asking, whole));
    end if;
    perform agentcron.set_reminder(new, s);
    return null;
end $$;
comment on function agentcron.questions_followed is
    'Trigger: the notification waiting_for_input, and the alarm of the first reminder. A question '
    'that joins an open one has none.';
create trigger questions_unjoined after update of joins on agentcron.questions for each row
    when (new.joins is null and old.joins is not null and new.outcome is null)
    execute function agentcron.questions_followed();

-- A look at an open question. Of a schedule that is paused nothing is told: when it is resumed, the
-- alarm is set again.
create function agentcron.reminder_is_due(task_id bigint, question_id bigint) returns boolean
    language plpgsql as $$
declare
    asking agentcron.tasks;
    whole agentcron.tasks;
    q agentcron.questions;
    s agentcron.schedules;
    due text;
begin
    select * into asking from agentcron.tasks x
        where x.id = reminder_is_due.task_id for no key update skip locked;
    if not found then return false; end if;
    select * into q from agentcron.questions x
        where x.id = reminder_is_due.question_id and x.outcome is null and x.joins is null
        for no key update;
    if not found then return true; end if;
    select * into whole from agentcron.tasks x where x.id = coalesce(asking.chain_id, asking.id);
    select * into s from agentcron.schedules x
        where x.id = whole.schedule_id and x.paused_at is null;
    if not found then return true; end if;
    for due in select distinct r.event from agentcron.reminders_of(q, s) r
        where r.at <= clock_timestamp() order by r.event
    loop
        perform agentcron.notify_target(s,
            case due when 'reminder' then s.notify else s.notify -> 'escalate' end, due,
            format('%s has waited %s for an answer: %s (task %s)', s.name,
                   agentcron.span_text(clock_timestamp() - q.asked_at),
                   agentcron.one_line(q.headline), asking.id),
            agentcron.about_question(q, asking, whole));
        update agentcron.questions x
            set reminded_at = case due when 'reminder' then clock_timestamp()
                                       else x.reminded_at end,
                escalated_at = case due when 'escalated' then clock_timestamp()
                                        else x.escalated_at end
            where x.id = q.id returning * into q;
    end loop;
    perform agentcron.set_reminder(q, s);
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

-- An edit holds for what is open, and a pause that ends gives back what was due in it.
create function agentcron.schedules_reminders_changed() returns trigger language plpgsql as $$
begin
    perform agentcron.set_reminder(q, new) from agentcron.questions q
        where q.schedule_id = new.id and q.outcome is null and q.joins is null;
    return null;
end $$;
create trigger schedules_reminders_changed after update of notify, paused_at
    on agentcron.schedules for each row
    when (new.paused_at is null
          and (old.paused_at is not null
               or (new.notify -> 'reminders', new.notify -> 'escalate')
                  is distinct from (old.notify -> 'reminders', old.notify -> 'escalate')))
    execute function agentcron.schedules_reminders_changed();
