-- The worktrees as the command line shows and cleans them.

-- name: cli_clean_workspaces
select agentcron.clean_workspaces($1::bigint[], make_interval(secs => $2::bigint), $3::boolean)

-- name: cli_cleaned
-- What became of those that were to be cleaned; `pending` where a worker that lives has it to do.
select w.task_id, w.schedule, w.branch, w.path, w.host,
       case when w.clean is null and w.state in ('kept', 'removed') then w.state
            when k.alive then 'pending' else 'waits' end as result,
       case when w.clean is null then w.kept_because
            when not k.alive then format('no worker runs on %s; the next one does it', w.host)
            else '' end as because
from agentcron.workspaces w, lateral (
    select exists (select from agentcron.workers o
                   where o.host = w.host and o.stopped_at is null
                     and o.heartbeat_at > clock_timestamp() - interval '2 minutes') as alive) k
where w.id = any($1::bigint[])
order by w.id

-- name: cli_workspace
select task_id, path, branch, repo, host, state from agentcron.workspace_status
where task_id = $1::bigint order by made_at desc limit 1

-- name: cli_workspaces
select * from (
    select task_id, schedule, branch, state, dirty, unpushed, bytes, pg_size_pretty(bytes) as size,
           round(extract(epoch from age)) as age_s, host, kept_because, repo, path, task_status,
           made_at, ended_at, looked_at
    from agentcron.workspace_status order by made_at desc limit $1::bigint) latest
order by made_at
