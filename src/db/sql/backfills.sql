-- Backfills: a piece of a wish at a time becomes tasks, in the scheduler's tick.

-- name: lock_backfills
select b.id from agentcron.backfills b where b.finished_at is null
order by b.id limit 20
for no key update of b skip locked

-- name: open_backfills
-- After lock_backfills, for a snapshot that has what a rival made before. `room`: how many more
-- unfinished tasks of it there may be. The schedule's columns are those that say when it fires.
select b.id as backfill_id, b.cursor, b.to_at,
       b.at_once - (select count(*) from agentcron.unfinished_of(array[b.schedule_id]) u
                    join agentcron.tasks t on t.id = u.task_id and t.trigger = 'backfill') as room,
       s.name, s.cron, s.timezone, s.overlap, s.queue_max, s.while_waiting, s.catch_up,
       s.catch_up_max, extract(epoch from s.catch_up_window)::bigint as catch_up_window,
       0 as jitter, s.starts_at, s.ends_at, s.max_runs, s.runs,
       to_jsonb(s.exclude)::text as exclude, to_jsonb(s.after)::text as after, s.created_at
from agentcron.backfills b join agentcron.schedules s on s.id = b.schedule_id
where b.id = any($1::bigint[]) and b.finished_at is null
order by b.id

-- name: backfill
-- Fire times without a row get one; one that was skipped runs now; what ran stays. A row that
-- stood for several fire times (catch-up) no longer stands for those that get their own.
with b as (
    -- A tick that had begun when the wish came makes no task from before it.
    select x.*, greatest($4::timestamptz, x.made_at) as now
    from agentcron.backfills x where x.id = $1::bigint
), wished as (
    select f as fire_time from unnest($2::timestamptz[]) f
), made as (
    insert into agentcron.tasks
        (schedule_id, schedule, agent, fire_time, run_at, priority, trigger, overlap, status, spec,
         owner, watched)
    select s.id, s.name, s.agent, w.fire_time, b.now, b.priority, 'backfill', b.overlap,
           'queued', agentcron.task_spec(s, '{}'), s.owner, true
    from b join agentcron.schedules s on s.id = b.schedule_id, wished w
    order by w.fire_time
    on conflict (schedule_id, fire_time) do nothing
    returning id, schedule_id, fire_time, priority, run_at
), freed as (
    select x.id, count(*) as fires from made m
    cross join lateral (
        select y.id, y.covers_from from agentcron.tasks y
        where y.schedule_id = m.schedule_id and y.fire_time > m.fire_time
          and y.covers_from is not null
        order by y.fire_time limit 1) x
    where x.covers_from <= m.fire_time
    group by x.id
), rerun as (
    -- One statement updates a row once: what no longer stands for others is told so here.
    update agentcron.tasks t
    set status = 'queued', reason = '', message = null, finished_at = null, because_of = null,
        waited_for = null, run_at = b.now, priority = b.priority, trigger = 'backfill',
        overlap = b.overlap, spec = agentcron.task_spec(s, '{}'), watched = true,
        fires_covered = greatest(1, t.fires_covered - coalesce(
            (select f.fires from freed f where f.id = t.id), 0))
    from b join agentcron.schedules s on s.id = b.schedule_id, wished w
    where t.schedule_id = b.schedule_id and t.fire_time = w.fire_time and t.status = 'skipped'
    returning t.id, t.schedule_id, t.fire_time, t.priority, t.run_at
), queued as (
    insert into agentcron.ready (turn_at, task_id, schedule_id)
    select agentcron.turn_at(q.run_at, q.priority), q.id, q.schedule_id
    from (select * from made union all select * from rerun) q
), uncovered as (
    update agentcron.tasks a set fires_covered = greatest(1, a.fires_covered - f.fires)
    from freed f where a.id = f.id and a.id not in (select id from rerun)
), counts as (
    select (select count(*) from made) as made, (select count(*) from rerun) as rerun
)
update agentcron.backfills x
set cursor = $3::timestamptz, made = x.made + counts.made, rerun = x.rerun + counts.rerun,
    kept = x.kept + cardinality($2::timestamptz[]) - counts.made - counts.rerun,
    finished_at = case when $5::boolean then clock_timestamp() end
from counts where x.id = $1::bigint
returning counts.made + counts.rerun as queued

-- name: backfill_failed
update agentcron.backfills set error = $2, finished_at = clock_timestamp() where id = $1::bigint
