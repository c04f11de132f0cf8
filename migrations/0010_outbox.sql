-- Notifications: what makes an outbox row, and how its delivery is seen. A row is inserted in the
-- transaction of the change that it tells of: none is lost, and none tells of what was rolled back.

alter table agentcron.outbox
    add column taken_at timestamptz,
    add column first_tried_at timestamptz;
comment on column agentcron.outbox.event is
    'failed, recovered, missed, waiting_for_input or paused; of a ping: start, success or fail.';
comment on column agentcron.outbox.channel is
    'command: a program of the schedule''s owner; webhook: POST of the payload; ping: GET of the '
    'heartbeat''s URL.';
comment on column agentcron.outbox.target is
    'Where it goes: {"command": [argv]}, {"url", "secret_file"} or {"url"}. A URL may hold a '
    'secret; the view notifications leaves it out.';
comment on column agentcron.outbox.payload is
    'What is sent, one shape for all events: id (the idempotency key), event, at, text (one line '
    'for people), schedule, task_id, step, fire_time, fires_covered, status, reason, message, '
    'summary, attempt, question {id, kind, headline, body, options, default_option, deadline}, '
    'paused_by, answer_with, show_with, why_with. Members that do not apply are null.';
comment on column agentcron.outbox.attempts is 'Tries so far, the one that is under way included.';
comment on column agentcron.outbox.taken_at is
    'When the try began that is under way; null: none, or it ended.';
comment on column agentcron.outbox.gave_up_at is 'When it was tried for the last time, in vain.';

-- Two questions of the senders: is there an earlier ping of the task, and what is old.
create index outbox_pings on agentcron.outbox (task_id)
    where channel = 'ping' and due_at is not null;
create index outbox_done on agentcron.outbox (coalesce(delivered_at, gave_up_at))
    where due_at is null;

-- Written when a schedule begins to fail and when it recovers, so that telling a recovery needs no
-- look into the history, and two tasks that end at once tell it once.
create table agentcron.failing (
    schedule_id bigint primary key,
    task_id     bigint not null,
    since       timestamptz not null default clock_timestamp()
) with (fillfactor = 70);
comment on table agentcron.failing is
    'Watched schedules whose last finished task failed, since which task: the next one that '
    'succeeds is a recovery.';

-- Few schedules come after others; those are found by the name of what they come after.
create index schedules_after on agentcron.schedules using gin (after) where after <> '{}';

create function agentcron.is_watched(s agentcron.schedules) returns boolean
    language sql stable as $$
    select s.notify is not null or s.heartbeat_url is not null
        or s.pause_after_failures is not null
        or exists (select from agentcron.schedules o
                   where o.after <> '{}' and o.after @> array[s.name])
$$;
comment on function agentcron.is_watched is
    'Whether something follows from the life of the schedule''s tasks: the value of tasks.watched '
    'as a task is made.';

create function agentcron.instant_text(at timestamptz) returns text
    language sql stable as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;
comment on function agentcron.instant_text is 'RFC 3339 in UTC, to the second.';

create function agentcron.one_line(words text) returns text
    language sql immutable as $$
    select left(btrim(regexp_replace(words, '\s+', ' ', 'g')), 300)
$$;
comment on function agentcron.one_line is 'What a person sees of a text in one line.';

-- The members of a payload that say of which task it is.
create function agentcron.task_payload(t agentcron.tasks) returns jsonb
    language sql stable as $$
    select jsonb_build_object(
        'task_id', t.id,
        'step', t.step,
        'fire_time', agentcron.instant_text(t.fire_time),
        'fires_covered', t.fires_covered,
        'status', t.status,
        'reason', nullif(t.reason, ''),
        'message', left(t.message, 4000),
        'summary', left(t.summary, 4000),
        'attempt', t.attempt,
        'show_with', 'agentcron show ' || t.id)
$$;
comment on function agentcron.task_payload is 'What a notification says of a task.';

create function agentcron.notify_about(s agentcron.schedules, event text, words text, about jsonb)
    returns void language plpgsql as $$
declare
    send_by text;
    key uuid;
begin
    if not coalesce(s.notify -> 'on' ? event, false) then
        return;
    end if;
    foreach send_by in array array['command', 'webhook'] loop
        continue when coalesce(jsonb_typeof(s.notify -> send_by), 'null') = 'null';
        key := gen_random_uuid();
        insert into agentcron.outbox (id, event, channel, target, schedule_id, task_id, payload)
        values (key, event, send_by,
                case send_by
                    when 'command' then jsonb_build_object('command', s.notify -> 'command')
                    else jsonb_strip_nulls(jsonb_build_object(
                        'url', s.notify -> 'webhook', 'secret_file', s.notify -> 'secret_file'))
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
comment on function agentcron.notify_about is
    'Queues a notification of the schedule in this transaction, if its notify asks for the event: '
    'words are its line for people, about its members of outbox.payload.';

-- .../start and .../fail, before a query if there is one.
create function agentcron.ping_url(url text, ending text) returns text
    language sql immutable as $$
    select case ending when '' then url
           else rtrim(split_part(url, '?', 1), '/') || ending
                || coalesce(substr(url, nullif(strpos(url, '?'), 0)), '') end
$$;
comment on function agentcron.ping_url is 'The URL of a heartbeat with /start or /fail.';

create function agentcron.ping(s agentcron.schedules, event text, ending text,
                               t agentcron.tasks)
    returns void language plpgsql as $$
declare
    key uuid := gen_random_uuid();
begin
    if coalesce(s.heartbeat_url, '') = '' then
        return;
    end if;
    insert into agentcron.outbox (id, event, channel, target, schedule_id, task_id, payload)
    values (key, event, 'ping',
            jsonb_build_object('url', agentcron.ping_url(s.heartbeat_url, ending)), s.id, t.id,
            agentcron.task_payload(t) || jsonb_build_object(
                'id', key, 'event', event, 'schedule', s.name,
                'at', agentcron.instant_text(clock_timestamp())));
end $$;
comment on function agentcron.ping is
    'Queues a call of the schedule''s heartbeat in this transaction, if it has one.';

-- These run in the engine's data transactions, so they do not NOTIFY: senders look by themselves.

create function agentcron.tasks_followed() returns trigger language plpgsql as $$
declare
    s agentcron.schedules;
    about jsonb;
begin
    select * into s from agentcron.schedules x where x.id = new.schedule_id;
    if not found then
        return null;
    end if;
    about := agentcron.task_payload(new);
    case new.status
    when 'running' then
        perform agentcron.ping(s, 'start', '/start', new);
    when 'succeeded' then
        perform agentcron.ping(s, 'success', '', new);
        delete from agentcron.failing f where f.schedule_id = s.id;
        if found then
            perform agentcron.notify_about(s, 'recovered',
                format('%s recovered (task %s)', s.name, new.id), about);
        end if;
    when 'failed' then
        perform agentcron.ping(s, 'fail', '/fail', new);
        insert into agentcron.failing (schedule_id, task_id) values (s.id, new.id)
            on conflict do nothing;
        perform agentcron.notify_about(s, 'failed',
            format('%s failed: %s (task %s)', s.name,
                   agentcron.one_line(coalesce(nullif(new.message, ''), new.reason)), new.id),
            about);
    when 'skipped' then
        perform agentcron.notify_about(s, 'missed',
            format('%s missed %s%s (task %s)', s.name,
                   case when new.fires_covered > 1
                        then format('%s due times up to ', new.fires_covered) else '' end
                       || coalesce(agentcron.instant_text(new.fire_time), 'its time'),
                   ': ' || agentcron.one_line(nullif(new.message, '')), new.id),
            about);
    end case;
    return null;
end $$;
comment on function agentcron.tasks_followed is
    'Trigger: notifications and heartbeats of a watched task. A chain''s steps have none; its own '
    'row has.';

-- The conditions keep tasks that nobody watches free of it. A retry starts no second time.
create trigger tasks_followed after update of status on agentcron.tasks for each row
    when (new.watched and new.chain_id is null and new.status is distinct from old.status
          and (new.status in ('succeeded', 'failed')
               or (new.status = 'running' and old.started_at is null)
               or (new.status = 'skipped' and new.reason = 'missed')))
    execute function agentcron.tasks_followed();
create trigger tasks_missed after insert on agentcron.tasks for each row
    when (new.watched and new.chain_id is null and new.status = 'skipped'
          and new.reason = 'missed')
    execute function agentcron.tasks_followed();

create function agentcron.questions_followed() returns trigger language plpgsql as $$
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
    perform agentcron.notify_about(s, 'waiting_for_input',
        format('%s asks: %s (task %s)', s.name, agentcron.one_line(new.headline), asking.id),
        agentcron.task_payload(asking) || jsonb_build_object(
            'status', 'waiting_for_input',
            'fire_time', agentcron.instant_text(whole.fire_time),
            'question', jsonb_build_object(
                'id', new.id, 'kind', new.kind, 'headline', new.headline,
                'body', left(new.body, 16000), 'options', new.options,
                'default_option', new.default_option,
                'deadline', agentcron.instant_text(new.deadline)),
            'answer_with', format('agentcron answer %s "..."', asking.id)));
    return null;
end $$;
comment on function agentcron.questions_followed is
    'Trigger: the notification waiting_for_input. A question that joins an open one has none.';

create trigger questions_followed after insert on agentcron.questions for each row
    when (new.joins is null) execute function agentcron.questions_followed();

-- A pause announces itself to schedulers anyhow, so this may wake the senders.
create function agentcron.schedules_pause_followed() returns trigger language plpgsql as $$
begin
    perform agentcron.notify_about(new, 'paused',
        format('%s was paused by %s%s', new.name, coalesce(new.paused_by, 'somebody'),
               ': ' || agentcron.one_line(nullif(new.paused_reason, ''))),
        jsonb_build_object('paused_by', new.paused_by, 'message', new.paused_reason));
    perform agentcron.wake('outbox');
    return null;
end $$;
comment on function agentcron.schedules_pause_followed is 'Trigger: the notification paused.';

create trigger schedules_pause_followed after update of paused_at on agentcron.schedules
    for each row
    when (old.paused_at is null and new.paused_at is not null and new.notify is not null)
    execute function agentcron.schedules_pause_followed();

create view agentcron.notifications as
select o.id, o.event, o.payload ->> 'schedule' as schedule, o.task_id, o.channel,
       case when o.delivered_at is not null then 'delivered'
            when o.gave_up_at is not null then 'gave_up'
            when o.error is not null then 'retrying'
            else 'pending' end as state,
       o.attempts, o.due_at, o.delivered_at, o.error, o.created_at
from agentcron.outbox o;
comment on view agentcron.notifications is
    'Every notification and heartbeat of the last days, and whether it arrived.';
comment on column agentcron.notifications.id is
    'The idempotency key: the same in every try (webhook-id, AGENTCRON_NOTIFICATION_ID).';
comment on column agentcron.notifications.event is
    'failed, recovered, missed, waiting_for_input, paused; of a ping: start, success, fail.';
comment on column agentcron.notifications.schedule is 'Its name as of then.';
comment on column agentcron.notifications.task_id is 'The task that it tells of, if of one.';
comment on column agentcron.notifications.channel is 'command, webhook or ping (heartbeat).';
comment on column agentcron.notifications.state is
    'pending: not tried, or under way; retrying: a try failed; delivered; gave_up.';
comment on column agentcron.notifications.attempts is 'Tries so far.';
comment on column agentcron.notifications.due_at is
    'When it is tried next; null: delivered, or given up.';
comment on column agentcron.notifications.error is 'What the last try met.';
