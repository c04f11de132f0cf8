-- The queue: what may start now, what waits, and what becomes of it. A claim is one transaction of
-- several statements: it picks the head of the queue, takes the keys that limit it, reads the facts
-- in a snapshot newer than those locks, decides (schedule/admission.hpp), and writes the decision.

-- name: announce
-- In a transaction without data and without an fsync: one that also writes would serialise every
-- commit of the server.
select set_config('synchronous_commit', 'off', true), agentcron.wake($1)

-- name: announce_coming
-- Together with the fire times that are new. Only declarations make them so: rarely.
select agentcron.wake('coming')

-- name: claim_begins
-- And for this transaction: plans are made once for a session (planning them anew took 4 of the 8
-- ms of a claim), and made for a long queue whatever its length is now. One made while the queue
-- was empty read and sorted a million rows, 2.3 s per claim, until autovacuum came by.
select statement_timestamp() as now,
       (select min(h.until) from agentcron.held h where h.until < 'infinity') as next_at,
       set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)

-- name: queue_clock
select statement_timestamp() as now,
       (select min(h.until) from agentcron.held h where h.until < 'infinity') as next_at

-- name: let_due_go
-- What waited for its time. A blocked task becomes a queued one, so its row is locked too, and what
-- somebody holds is found by the next look.
with due as materialized (
    select h.task_id, t.status from agentcron.held h join agentcron.tasks t on t.id = h.task_id
    where h.until <= statement_timestamp()
    order by h.until limit 500 for update of h skip locked for no key update of t skip locked
), gone as (
    delete from agentcron.held h using due where h.task_id = due.task_id
    returning h.turn_at, h.task_id, h.schedule_id, h.resumes
), released as (
    update agentcron.tasks t set status = 'queued', reason = ''
    from due where t.id = due.task_id and due.status = 'blocked'
)
insert into agentcron.ready (turn_at, task_id, schedule_id, resumes)
select turn_at, task_id, schedule_id, resumes from gone

-- name: release_keys
select agentcron.release_held($1::text[]) as released

-- name: release_all
select agentcron.release_held(array(select agentcron.held_keys())) as released

-- name: pick
-- SKIP LOCKED on both rows: a claim never waits, neither for another claim nor for a cancel. The
-- CTE is MATERIALIZED and the LIMIT a literal (put in for {limit}), else the planner may run the
-- scan again per row or price it as a tenth of the table. turn_at >= $1 is a floor that skips the
-- dead index entries of what was claimed before; the caller rescans from -infinity now and then.
-- What needs its worktree is left to the machine that has it.
with picked as materialized (
    select r.turn_at, r.task_id, r.schedule_id, r.resumes
    from agentcron.ready r join agentcron.tasks t on t.id = r.task_id
    where r.turn_at >= $1::timestamptz
      and (not exists (select from agentcron.workspaces w
                       where w.task_id in (t.id, t.continues) and w.host <> $2
                         and w.state <> 'removed')
           or not agentcron.workspace_waits(t.id, t.continues, r.resumes, $2))
    order by r.turn_at, r.task_id
    limit {limit}
    for update of r skip locked
    for no key update of t skip locked
)
select p.turn_at, p.task_id, p.schedule_id, t.run_no > 0 as begun, t.trigger, t.run_at,
       -- In one conversation one task at a time, whatever a backfill asks for.
       case when s.id is not null and t.spec ->> 'conversation' = 'continue'
                 and coalesce(t.overlap, s.overlap) = 'allow' then 'queue_all'
            else coalesce(t.overlap, s.overlap, 'allow') end as overlap,
       case when t.spec ->> 'conversation' = 'continue' then 'skip' else s.while_waiting end
           as while_waiting,
       s.queue_max, s.catch_up,
       extract(epoch from s.catch_up_window)::bigint as catch_up_window,
       t.agent, g.max_concurrent, t.spec ? 'steps' as is_chain,
       coalesce(s.concurrency_group, t.spec #>> '{concurrency,group}') as concurrency_group,
       coalesce(s.concurrency_limit, (t.spec #>> '{concurrency,limit}')::integer, 1)
           as concurrency_limit,
       c.schedule_id as chain_schedule_id, k.concurrency_group as chain_group,
       case when not t.spec ? 'steps' then
           (select max(w.until) from agentcron.walls w
            where w.agent = t.agent and w.until > statement_timestamp()) end as walled_until
from picked p
join agentcron.tasks t on t.id = p.task_id
left join agentcron.schedules s on s.id = t.schedule_id
left join agentcron.agents g on g.name = t.agent
left join agentcron.tasks c on c.id = t.chain_id
left join agentcron.chains k on k.task_id = t.chain_id
order by p.turn_at, p.task_id

-- name: try_keys
-- Held until commit. Not waited for: its holder may wait for a row that somebody keeps for long.
select k.key, pg_try_advisory_xact_lock(hashtextextended('agentcron ' || k.key, 0)) as taken
from unnest($1::text[]) as k (key)

-- name: unfinished
-- Of the parked ones the first of each schedule: the rules only ask whether there is one, and there
-- may be thousands.
select u.schedule_id, u.task_id, u.standing, u.turn_at, u.waits_turn
from agentcron.busy_of($1::bigint[]) u
union all
select p.schedule_id, p.task_id, 'waiting', null, false
from unnest($1::bigint[]) k (schedule_id)
cross join lateral (
    select q.schedule_id, q.task_id from agentcron.questions q
    where q.outcome is null and q.schedule_id = k.schedule_id
      and not exists (select from agentcron.leases l where l.task_id = q.task_id)
    order by q.task_id limit 1) p

-- name: slots_used
select k.key, agentcron.slots_used(k.key) as used,
       (select min(h.turn_at) from agentcron.held h where h.key = k.key) as first_held
from unnest($1::text[]) as k (key)

-- name: served_since
-- The start of the longest-living worker of those that live: $1, who asks, does; without a row it
-- has started just now.
select coalesce(min(w.started_at), statement_timestamp()) as served_since
from agentcron.workers w
where w.id = $1::uuid
   or w.stopped_at is null and w.heartbeat_at > statement_timestamp() - interval '90 seconds'

-- name: coming_starts
-- What will fall due of agents whose processes are started ahead: fire times, and tasks that wait
-- for their time (jitter, a retry). Read from the small tables and by the index of fire times. What
-- anybody may have written into agents.config is taken for a number only if it is one.
with clock as (
    select statement_timestamp() as now, $1::bigint * interval '1 second' as within
), ahead as materialized (
    select a.name, a.driver, a.config::text as config, a.max_concurrent,
           least((a.config->>'prewarm')::numeric, 3600)::double precision * interval '1 second'
               as prewarm
    from agentcron.agents a
    where case when jsonb_typeof(a.config->'prewarm') = 'number'
               then (a.config->>'prewarm')::numeric > 0 else false end
)
select w.name, w.driver, w.config, w.max_concurrent,
       ceil(extract(epoch from c.at - k.now) * 1000)::bigint as due_in_ms,
       (extract(epoch from w.prewarm) * 1000)::bigint as prewarm_ms
from clock k cross join ahead w cross join lateral (
    select s.next_fire_at as at from agentcron.schedules s
    where s.next_fire_at > k.now and s.next_fire_at <= k.now + w.prewarm + k.within
      and s.enabled and s.paused_at is null
      and coalesce(nullif(s.steps #>> '{0,agent}', ''), s.agent) = w.name
    union all
    select h.until from agentcron.held h join agentcron.tasks t on t.id = h.task_id
    where h.until > k.now and h.until <= k.now + w.prewarm + k.within and t.agent = w.name
) c
order by c.at, w.name limit 1000

-- name: hold
with h as (
    select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::integer[], $5::text[],
                         $6::bigint[], $7::timestamptz[])
        as h (task_id, turn_at, key, slots, waited_for, because_of, until)
), gone as (
    delete from agentcron.ready r using h where r.turn_at = h.turn_at and r.task_id = h.task_id
    returning r.task_id, r.turn_at, h.key, h.slots, h.until, r.schedule_id, r.resumes
), kept as (
    insert into agentcron.held (task_id, key, turn_at, until, slots, schedule_id, resumes)
    select task_id, key, turn_at, until, slots, schedule_id, resumes from gone
)
update agentcron.tasks t set waited_for = h.waited_for, because_of = h.because_of
from h where t.id = h.task_id

-- name: drop
-- Each counted as a run when it was made.
with d as (
    select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
                         $6::bigint[])
        as d (task_id, turn_at, status, reason, message, because_of)
), gone as (
    delete from agentcron.ready r using d where r.turn_at = d.turn_at and r.task_id = d.task_id
)
update agentcron.tasks t
set status = d.status, reason = d.reason, message = d.message, because_of = d.because_of,
    finished_at = clock_timestamp()
from d where t.id = d.task_id

-- name: uncount_runs
select agentcron.uncount_runs(t.schedule_id, count(*)) from agentcron.tasks t
where t.id = any($1::bigint[]) and t.trigger in ('schedule', 'catch_up')
group by t.schedule_id

-- name: lock_to_replace
select from agentcron.lock_with_steps($1::bigint) as l (locked) where l.locked

-- name: replace
select agentcron.cancel_task($1::bigint, 'replaced', format('replaced by task %s', $2::bigint), $2)

-- name: start_chain
with gone as (
    delete from agentcron.ready r using unnest($1::bigint[], $2::timestamptz[]) as k (id, turn_at)
    where r.turn_at = k.turn_at and r.task_id = k.id
    returning r.task_id
)
select agentcron.start_chain(task_id) from gone
