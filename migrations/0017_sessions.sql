-- Conversations that outlive a task, and where they took place.

alter table agentcron.tasks add column continues bigint;
comment on column agentcron.tasks.continues is
    'The earlier task whose conversation this one goes on with; null: none.';

alter table agentcron.attempts add column directory text;
comment on column agentcron.attempts.directory is
    'Where the agent ran, of an agent that has a session: a session is found again from there.';
