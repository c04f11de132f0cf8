-- What `agentcron doctor` asks of agentcron's own tables. Each statement gives one row at least:
-- what is left-joined to it is absent where all is well.

-- name: doctor_workers
-- One that died is told of for a day, unless another lives on its machine.
select n.waiting, n.schedules, w.host, w.pid, w.version, w.slots, w.running, w.state,
       round(extract(epoch from clock_timestamp() - w.heartbeat_at)) as heartbeat_s
from (select (select count(*) from (select from agentcron.ready limit 1000) r) as waiting,
             (select count(*) from agentcron.schedules s where s.enabled and s.paused_at is null)
                 as schedules) n
left join (
    select x.* from agentcron.worker_status x
    where x.state = 'alive'
       or x.state = 'lost' and x.heartbeat_at > clock_timestamp() - interval '1 day'
          and not exists (select from agentcron.worker_status y
                          where y.state = 'alive' and y.host = x.host)) w on true
order by w.state, w.heartbeat_at desc limit 50

-- name: doctor_schedulers
select n.schedules, s.host, s.pid, s.version,
       round(extract(epoch from clock_timestamp() - s.heartbeat_at)) as heartbeat_s,
       round(extract(epoch from clock_timestamp()
           - (select max(coalesce(y.stopped_at, y.heartbeat_at)) from agentcron.schedulers y)))
           as seen_s
from (select count(*) as schedules from agentcron.schedules s
      where s.enabled and s.paused_at is null) n
left join (select x.* from agentcron.scheduler_status x where x.state = 'alive') s on true
order by s.heartbeat_at desc limit 50

-- name: doctor_leases
select n.leases, l.task_id, l.host, l.pid, l.worker_state, l.overdue_s
from (select count(*) as leases from agentcron.leases) n
left join (
    select x.task_id, w.host, w.pid, coalesce(w.state, 'unknown') as worker_state,
           round(extract(epoch from clock_timestamp() - x.lease_until)) as overdue_s
    from agentcron.leases x left join agentcron.worker_status w on w.id = x.worker_id
    where x.lease_until < clock_timestamp() - interval '30 seconds'
    order by x.lease_until limit 20) l on true
order by l.overdue_s desc nulls last

-- name: doctor_queue
-- late_s: how long the first in line could have run. late_held_s: how long ago the time came that
-- the first one of `held` waits for; an infinite one is a person's to end.
select (select count(*) from agentcron.ready) as ready,
       (select count(*) from agentcron.held) as held,
       (select round(extract(epoch from clock_timestamp() - min(greatest(t.run_at, t.created_at))))
        from (select x.task_id from agentcron.ready x order by x.turn_at limit 100) r
        join agentcron.tasks t on t.id = r.task_id) as late_s,
       (select round(extract(epoch from clock_timestamp() - min(h.until)))
        from agentcron.held h where h.until < clock_timestamp()) as late_held_s,
       (select coalesce(sum(greatest(w.slots - w.running, 0)), 0)
        from agentcron.worker_status w where w.state = 'alive' and not w.draining) as free_slots,
       (select count(*) from agentcron.worker_status w where w.state = 'alive') as workers

-- name: doctor_machines
-- Tasks that can only go on where their worktree is, and no worker lives there.
select w.host, count(*) as tasks, min(t.id) as first_task
from (select task_id from agentcron.ready union all select task_id from agentcron.held) q
join agentcron.tasks t on t.id = q.task_id
join agentcron.workspaces w on w.task_id in (t.id, t.continues) and w.state <> 'removed'
where t.status = 'queued' and agentcron.workspace_waits(t.id, t.continues, t.run_no > 0, '')
  and not exists (select from agentcron.worker_status k
                  where k.state = 'alive' and k.host = w.host)
group by w.host order by w.host limit 20

-- name: doctor_places
-- Each unfinished task has one place: in the queue, a lease, or a chain that has begun. Of the
-- newest 100,000 tasks, because tasks has no index by status.
with unfinished as (
    select t.id, t.status, t.reason from agentcron.tasks t
    where t.id > (select coalesce(max(x.id), 0) - 100000 from agentcron.tasks x)
      and t.finished_at is null
), queue as (
    select task_id from agentcron.ready union all select task_id from agentcron.held
)
select u.id as task_id, u.status, 'has no place in the queue' as problem
from unfinished u
where (u.status = 'queued' or u.status = 'blocked' and u.reason <> 'upstream')
  and not exists (select from queue q where q.task_id = u.id)
union all
select u.id, u.status, 'has no lease' from unfinished u
where u.status = 'running' and not exists (select from agentcron.leases l where l.task_id = u.id)
  and not exists (select from agentcron.chains c where c.task_id = u.id)
union all
select u.id, u.status, 'has no open question and no lease' from unfinished u
where u.status = 'waiting_for_input'
  and not exists (select from agentcron.leases l where l.task_id = u.id)
  and not exists (select from agentcron.chains c where c.task_id = u.id)
  and not exists (select from agentcron.questions x
                  where x.task_id = u.id and x.outcome is null)
order by task_id limit 20

-- name: doctor_blocked
-- A login is waited for without an end: infinity, with which PostgreSQL calculates only since 17.
select t.agent, t.reason, count(*) as tasks, min(t.id) as first_task,
       round(extract(epoch from min(h.until) filter (where isfinite(h.until))
                                - clock_timestamp())) as left_s
from agentcron.held h join agentcron.tasks t on t.id = h.task_id
where t.status = 'blocked'
group by t.agent, t.reason, h.until = 'infinity' order by t.agent, t.reason limit 20

-- name: doctor_schedules
select n.schedules, n.paused, s.name, s.problem, s.detail, s.late_s
from (select count(*) filter (where x.enabled) as schedules,
             count(*) filter (where x.enabled and x.paused_at is not null) as paused
      from agentcron.schedules x) n
left join (
    select x.name, p.problem,
           case p.problem when 'error' then x.error when 'paused' then x.paused_reason
                          else x.cron end as detail,
           round(extract(epoch from clock_timestamp() - x.next_fire_at)) as late_s
    from agentcron.schedules x
    cross join lateral (select case
        when x.error is not null then 'error'
        when x.paused_at is not null
            then case when x.paused_by = 'agentcron' then 'paused' end
        when x.planned_rev <> x.rev then 'unplanned'
        when x.next_fire_at is null and x.after = '{}' and btrim(x.cron, E' \t') <> '@reboot'
             and not coalesce(x.runs >= x.max_runs, false)
             and not coalesce(x.ends_at < clock_timestamp(), false) then 'never'
        when x.next_fire_at < clock_timestamp() - interval '1 minute' then 'late' end as problem) p
    where x.enabled and p.problem is not null
    order by p.problem, x.name limit 20) s on true

-- name: doctor_alarms
select count(*) as due, round(extract(epoch from clock_timestamp() - min(a.at))) as late_s
from (select x.at from agentcron.alarms x
      where x.at < clock_timestamp() - interval '2 minutes' order by x.at limit 1000) a

-- name: doctor_outbox
select count(*) filter (where o.gave_up_at > clock_timestamp() - interval '1 day') as given_up,
       count(*) filter (where o.due_at is not null and o.error is not null) as retrying,
       count(*) filter (where o.due_at < clock_timestamp() - interval '2 minutes') as overdue,
       round(extract(epoch from clock_timestamp()
           - min(o.created_at) filter (where o.due_at is not null))) as oldest_s,
       (array_agg(concat_ws(': ', o.event || coalesce(' of ' || (o.payload ->> 'schedule'), ''),
                            o.error) order by coalesce(o.gave_up_at, o.created_at) desc)
            filter (where o.error is not null
                      and (o.due_at is not null
                           or o.gave_up_at > clock_timestamp() - interval '1 day')))[1] as newest
from agentcron.outbox o
where o.due_at is not null or o.gave_up_at is not null

-- name: doctor_ended
-- Of these tasks, those that have ended and whose runs' output is stored; by task and run. A run
-- that nobody has a row of is none of ours to remove.
select a.task_id, a.run_no, a.spool_offset,
       agentcron.has_ended((select t from agentcron.tasks t where t.id = a.task_id)) as ended
from agentcron.attempts a where a.task_id = any($1::bigint[])
