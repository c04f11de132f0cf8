-- Schedules whose tasks go on with one conversation.

alter table agentcron.schedules
    add column conversation text not null default 'fresh'
        check (conversation in ('fresh', 'continue'));
comment on column agentcron.schedules.conversation is
    'fresh: each task begins a new conversation; continue: it goes on with that of the schedule''s '
    'latest task that has one, and so do its retries. One task at a time then.';

-- Its place in tasks.spec and in the trigger of declared columns: 0026_context.sql.

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
