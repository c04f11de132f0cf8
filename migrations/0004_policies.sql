-- What a schedule may declare beside its times, and the tables that give every due time its fate.

alter table agentcron.agents
    add column max_concurrent integer check (max_concurrent >= 1);
comment on column agentcron.agents.max_concurrent is
    'How many attempts of this agent may run at once over all workers; null: as many as there are '
    'slots.';

alter table agentcron.schedules
    drop constraint schedules_overlap_check,
    add constraint schedules_overlap_check check
        (overlap in ('skip', 'queue_one', 'queue_all', 'cancel_previous', 'allow')),
    add column queue_max integer not null default 100 check (queue_max between 1 and 10000),
    add column jitter interval not null default '0' check (jitter >= '0'),
    add column starts_at timestamptz,
    add column ends_at timestamptz,
    add column max_runs bigint check (max_runs >= 1),
    add column exclude text[] not null default '{}',
    add column concurrency_group text check (concurrency_group <> ''),
    add column concurrency_limit integer not null default 1
        check (concurrency_limit between 1 and 10000),
    add column total_timeout interval not null default '0' check (total_timeout >= '0'),
    add column stall_timeout interval not null default '0' check (stall_timeout >= '0'),
    add column queue_timeout interval not null default '0' check (queue_timeout >= '0'),
    add column input_timeout interval not null default '0' check (input_timeout >= '0'),
    add column on_input_timeout text not null default 'fail'
        check (on_input_timeout in ('fail', 'default', 'continue')),
    add column retry_jitter boolean not null default true,
    add column retry_on text[],
    add column retry_never_on_exit integer[] not null default '{}',
    add column pause_after_failures integer check (pause_after_failures >= 1),
    add column success jsonb not null default '{}' check (jsonb_typeof(success) = 'object'),
    add column notify jsonb check (jsonb_typeof(notify) = 'object'),
    add column heartbeat_url text,
    add column steps jsonb not null default '[]' check (jsonb_typeof(steps) = 'array'),
    add column after text[] not null default '{}',
    add column runs bigint not null default 0;
comment on column agentcron.schedules.overlap is
    'When a due time comes while an earlier task of the schedule is unfinished: skip it; queue_one '
    'or queue_all (at most queue_max): it waits its turn; cancel_previous: it starts when the '
    'earlier one is gone; allow.';
comment on column agentcron.schedules.while_waiting is
    'Does a task that waits for a person count as unfinished? skip: yes, and the due time is '
    'skipped (open_question); allow: no.';
comment on column agentcron.schedules.jitter is
    'Each task starts up to so much after its fire time, by a hash of schedule and fire time; '
    'never past the next fire time.';
comment on column agentcron.schedules.starts_at is 'No fire time before it.';
comment on column agentcron.schedules.ends_at is 'No fire time at or after it.';
comment on column agentcron.schedules.max_runs is
    'No fire time once so many ran (those that were skipped do not count, nor manual runs).';
comment on column agentcron.schedules.exclude is
    'Dates in the schedule''s zone on which it does not fire: 2026-12-25, or 2026-12-24/2027-01-01 '
    'with both ends.';
comment on column agentcron.schedules.concurrency_group is
    'Of all tasks with this group, over all schedules and workers, at most concurrency_limit run '
    'at once.';
comment on column agentcron.schedules.total_timeout is
    'From the first start of a task to its end, pauses and waiting included; 0: none.';
comment on column agentcron.schedules.stall_timeout is
    'An attempt that writes nothing for so long is ended (failed/stalled); 0: none.';
comment on column agentcron.schedules.queue_timeout is
    'A task that could not start for so long is skipped (expired); 0: none.';
comment on column agentcron.schedules.input_timeout is
    'A question that nobody answers for so long is closed (expired); 0: none.';
comment on column agentcron.schedules.on_input_timeout is
    'What then: fail the task (input_timeout), take the question''s default, or let the agent '
    'continue without an answer.';
comment on column agentcron.schedules.retry_on is
    'The reasons of a failure after which another attempt is made; null: all that a repetition can '
    'cure.';
comment on column agentcron.schedules.retry_never_on_exit is
    'Exit codes after which no other attempt is made.';
comment on column agentcron.schedules.pause_after_failures is
    'The schedule pauses itself after so many failed tasks in a row, retries included.';
comment on column agentcron.schedules.success is
    'What proves that a task did its work: {"exit_codes": [0], "result": true, "check": [argv]}; '
    'else it is failed/check.';
comment on column agentcron.schedules.notify is
    '{"on": ["failed", "waiting_for_input", "recovered", "paused", "missed"], "command": [argv]} '
    'or "webhook": "https://...", with "secret_file". A command runs as agentcron: grant this '
    'column accordingly.';
comment on column agentcron.schedules.heartbeat_url is
    'Called at the start (/start), success and failure (/fail) of each task: a dead-man switch.';
comment on column agentcron.schedules.steps is
    'A chain: steps in order, each a task of its own with agent, prompt and the members of '
    'tasks.spec; each receives the results of those before it.';
comment on column agentcron.schedules.after is
    'Names of schedules: it also fires when a task of each of them has succeeded.';
comment on column agentcron.schedules.runs is 'Due times that ran or will; counts for max_runs.';

alter table agentcron.tasks
    add column trigger text not null default 'manual' check
        (trigger in ('schedule', 'catch_up', 'backfill', 'manual', 'after', 'step')),
    add column overlap text check
        (overlap in ('skip', 'queue_one', 'queue_all', 'cancel_previous', 'allow')),
    add column covers_from timestamptz,
    add column waited_for text,
    add column because_of bigint,
    add column inputs jsonb,
    add column chain_id bigint,
    add column step_no smallint,
    add column step text,
    add column ends_by timestamptz,
    add column watched boolean not null default false,
    drop constraint tasks_state,
    -- The same table as src/task/status.cpp; a test compares them.
    add constraint tasks_state check (case status
        when 'queued'            then reason in ('', 'retry')
        when 'blocked'           then reason in ('usage_limit', 'auth', 'upstream')
        when 'running'           then reason = ''
        when 'waiting_for_input' then reason = ''
        when 'succeeded'         then reason = ''
        when 'failed'            then reason in ('exit_code', 'signal', 'timeout', 'stalled',
            'input_timeout', 'lost', 'spawn', 'protocol', 'budget', 'output_limit', 'check')
        when 'cancelled'         then reason in ('user', 'replaced', 'upstream')
        when 'skipped'           then reason in ('overlap', 'missed', 'expired', 'open_question')
        else false end);
update agentcron.tasks set trigger = 'schedule' where fire_time is not null;
comment on column agentcron.tasks.trigger is
    'What made it: its schedule in time, catch_up after a downtime, a backfill, a person (manual), '
    'the end of another schedule''s task (after), or the chain that it is a step of.';
comment on column agentcron.tasks.overlap is
    'The overlap policy of this task alone; null: its schedule''s, as it stands when it starts.';
comment on column agentcron.tasks.covers_from is
    'The oldest of the fire times that the row stands for; null: fire_time alone.';
comment on column agentcron.tasks.waited_for is 'What kept it from starting in time.';
comment on column agentcron.tasks.because_of is
    'The task because of which it was skipped, cancelled or made to wait.';
comment on column agentcron.tasks.inputs is
    'Results of earlier steps, or of the schedules it comes after, by name.';
comment on column agentcron.tasks.chain_id is 'The task whose step this is.';
comment on column agentcron.tasks.ends_by is 'The end of its total_timeout, once it has started.';
comment on column agentcron.tasks.watched is
    'Something follows from its life: a notification, a pause after failures, another schedule.';
create index tasks_chain on agentcron.tasks (chain_id, step_no) where chain_id is not null;

alter table agentcron.questions add column joins bigint;
comment on column agentcron.questions.joins is
    'The open question of the same schedule that asks the same: one answer closes both.';
create index questions_joined on agentcron.questions (joins) where joins is not null;

create table agentcron.alarms (
    id          bigint generated always as identity,
    at          timestamptz not null default clock_timestamp(),
    kind        text not null check (kind in ('queue', 'total', 'input', 'ended')),
    task_id     bigint not null,
    question_id bigint,
    primary key (at, id)
) with (fillfactor = 90, autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0);
comment on table agentcron.alarms is
    'Instants at which a scheduler looks at a task: the end of its queue_timeout, total_timeout or '
    'input_timeout, or its end, from which something follows. An alarm that has nothing to say any '
    'more is dropped then, not before.';

create table agentcron.schedulers (
    id           uuid primary key,
    host         text not null,
    pid          integer not null,
    version      text not null,
    started_at   timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp(),
    stopped_at   timestamptz
) with (fillfactor = 70);
comment on table agentcron.schedulers is
    'Scheduler processes, one row per start, and again after a sleep of the machine: the times '
    'that none of them covers are downtime.';

create table agentcron.pauses (
    id          bigint generated always as identity primary key,
    schedule_id bigint not null,
    paused_at   timestamptz not null,
    paused_by   text,
    reason      text,
    resumed_at  timestamptz
);
comment on table agentcron.pauses is 'When a schedule was paused, by whom and why.';
create index pauses_of_schedule on agentcron.pauses (schedule_id, paused_at);
insert into agentcron.pauses (schedule_id, paused_at, paused_by, reason)
    select id, paused_at, paused_by, paused_reason from agentcron.schedules
    where paused_at is not null;

create table agentcron.forecasts (
    schedule_id bigint primary key,
    fires       timestamptz[] not null
) with (fillfactor = 70);
comment on table agentcron.forecasts is
    'Coming fire times of each schedule as of the scheduler''s last look; the view upcoming shows '
    'them.';

create table agentcron.backfills (
    id          bigint generated always as identity primary key,
    schedule_id bigint not null,
    from_at     timestamptz not null,
    to_at       timestamptz not null,
    overlap     text not null default 'queue_all'
        check (overlap in ('skip', 'queue_one', 'queue_all', 'cancel_previous', 'allow')),
    priority    smallint not null default 200 check (priority >= 0),
    at_once     integer not null default 10 check (at_once between 1 and 1000),
    cursor      timestamptz not null,
    made        integer not null default 0,
    rerun       integer not null default 0,
    kept        integer not null default 0,
    made_at     timestamptz not null default clock_timestamp(),
    made_by     text not null default current_user,
    finished_at timestamptz,
    error       text,
    check (from_at < to_at)
);
comment on table agentcron.backfills is
    'Wishes for the fire times of a past span; schedulers make their tasks, at most at_once '
    'unfinished ones at a time.';
comment on column agentcron.backfills.cursor is 'Fire times before it are dealt with.';
comment on column agentcron.backfills.rerun is 'Fire times that had been skipped and now run.';
comment on column agentcron.backfills.kept is 'Fire times that had run already.';
create index backfills_open on agentcron.backfills (id) where finished_at is null;

create table agentcron.outbox (
    id           uuid primary key default gen_random_uuid(),
    event        text not null,
    channel      text not null check (channel in ('command', 'webhook', 'ping')),
    target       jsonb not null,
    payload      jsonb not null,
    schedule_id  bigint,
    task_id      bigint,
    created_at   timestamptz not null default clock_timestamp(),
    due_at       timestamptz default clock_timestamp(),
    attempts     integer not null default 0,
    delivered_at timestamptz,
    gave_up_at   timestamptz,
    error        text
) with (fillfactor = 70);
comment on table agentcron.outbox is
    'Notifications and their delivery, at least once each; id is the idempotency key.';
comment on column agentcron.outbox.due_at is
    'When it is tried next; null: delivered, or given up. A sender that takes it moves this ahead, '
    'so that another takes it should the first one die.';
comment on column agentcron.outbox.error is 'What the last try met.';
create index outbox_due on agentcron.outbox (due_at) where due_at is not null;
