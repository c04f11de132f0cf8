-- Worktrees: the record of what each machine has on its disk, and which task holds it. The row is
-- written before the directory is made and says `removed` after it is gone, so that a crash in
-- between leaves a row which tells what to repair.

create table agentcron.workspaces (
    id           bigint generated always as identity primary key,
    task_id      bigint not null,
    schedule     text not null default '',
    host         text not null,
    repo         text not null,
    path         text not null,
    branch       text not null,
    base         text not null,
    base_commit  text,
    made_branch  boolean not null default false,
    keep         text not null check (keep in ('on_failure', 'always', 'never')),
    archive      text[] not null default '{}',
    state        text not null default 'making'
                 check (state in ('making', 'in_use', 'settling', 'kept', 'removed')),
    kept_because text not null default '',
    told         boolean not null default false,
    clean        text check (clean in ('ask', 'force', 'room')),
    worker_id    uuid,
    dirty        bigint,
    unpushed     bigint,
    bytes        bigint,
    made_at      timestamptz not null default clock_timestamp(),
    set_up_at    timestamptz,
    ended_at     timestamptz,
    looked_at    timestamptz,
    removed_at   timestamptz,
    unique (task_id, host)
) with (fillfactor = 70);
create index workspaces_present on agentcron.workspaces (host) where state <> 'removed';
create unique index workspaces_path on agentcron.workspaces (host, path) where state <> 'removed';
comment on table agentcron.workspaces is
    'Git worktrees: one for each task whose agent declares workspace.git, on one machine.';
comment on column agentcron.workspaces.state is
    'making and in_use: a task holds it. settling: it is being looked at or removed.';
comment on column agentcron.workspaces.clean is
    'Who wants a kept one gone: ask and force, a person; room, the disk budget.';
comment on column agentcron.workspaces.dirty is
    'Files that are changed or untracked, and not ignored, when it was last looked at.';
comment on column agentcron.workspaces.unpushed is
    'Commits that are on no remote and on no other branch, when it was last looked at.';
comment on column agentcron.workspaces.worker_id is 'The worker that settles it.';

create function agentcron.has_ended(t agentcron.tasks) returns boolean language sql stable as $$
    -- Also one that was deleted.
    select (t).id is null
        or ((t).status in ('succeeded', 'failed', 'cancelled', 'skipped')
            and not exists (select from agentcron.leases l where l.task_id = (t).id))
$$;
comment on function agentcron.has_ended is
    'Whether a task is over and no process of it is known to run.';

create function agentcron.workspace_waits(task_id bigint, continues bigint, resumes boolean,
                                          host text)
    returns boolean language sql stable as $$
    -- The newest one counts. Whoever resumes needs what is in it. A new attempt would rather have
    -- it, and goes without where no worker lives on its machine.
    select coalesce((
        select w.host <> workspace_waits.host
            and (resumes or w.task_id = workspace_waits.continues or exists (
                select from agentcron.workers k
                where k.host = w.host and k.stopped_at is null
                  and k.heartbeat_at > clock_timestamp() - interval '2 minutes'))
        from agentcron.workspaces w
        where w.task_id in (workspace_waits.task_id, workspace_waits.continues)
          and w.state <> 'removed'
        order by w.task_id = workspace_waits.task_id desc, w.id desc limit 1), false)
$$;
comment on function agentcron.workspace_waits is
    'Whether a task waits for the machine that has its worktree, and this host is another one.';

create function agentcron.clean_workspaces(tasks bigint[] default null,
                                           older_than interval default '0',
                                           force boolean default false)
    returns setof bigint language plpgsql as $$
declare
    missing bigint;
    busy agentcron.workspaces;
begin
    select x into missing from unnest(tasks) x
        where not exists (select from agentcron.workspaces w
                          where w.task_id = x and w.state <> 'removed') limit 1;
    if missing is not null then
        raise exception 'task % has no workspace', missing using errcode = 'AC001',
            hint = 'agentcron workspaces shows all.';
    end if;
    select * into busy from agentcron.workspaces w
        where w.task_id = any(tasks) and w.state in ('making', 'in_use')
          and not agentcron.has_ended((select t from agentcron.tasks t where t.id = w.task_id))
        limit 1;
    if busy.id is not null then
        raise exception 'task % works in %', busy.task_id, busy.path using errcode = 'AC002',
            hint = format('Wait for its end, or cancel it: select agentcron.cancel(%s)',
                          busy.task_id);
    end if;
    perform agentcron.wake('workspaces');
    return query
        update agentcron.workspaces w
        set clean = case when clean_workspaces.force then 'force' else 'ask' end
        where w.state = 'kept' and (tasks is null or w.task_id = any(tasks))
          and w.ended_at <= clock_timestamp() - older_than
        returning w.id;
end $$;
comment on function agentcron.clean_workspaces is
    'Has kept worktrees removed by the workers of their machines: those that are clean and pushed, '
    'or with force any; branches with commits stay. Gives the ids of their rows.';

create view agentcron.workspace_status as
select w.task_id, w.schedule, w.state, w.kept_because, w.host, w.repo, w.branch, w.path, w.dirty,
       w.unpushed, w.bytes, clock_timestamp() - w.made_at as age, w.made_at, w.ended_at,
       w.looked_at, t.status as task_status
from agentcron.workspaces w left join agentcron.tasks t on t.id = w.task_id
where w.state <> 'removed';
comment on view agentcron.workspace_status is
    'The worktrees of all machines; what is in them as of looked_at.';
