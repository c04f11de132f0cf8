-- Claiming, renewing and ending the right to run a task.
--
-- One rule orders all locks: whoever changes a task's life holds the lock of its row in tasks. A
-- lease appears and disappears only under that lock, so a token that was seen under it stays valid
-- until commit. Renewals touch the lease alone. A statement that reads what a rival may have
-- written while it waited for the lock comes after lock_task in the same transaction: its snapshot
-- is newer.

-- name: lock_task
select id from agentcron.tasks where id = $1::bigint for no key update

-- name: lock_task_unless_busy
select id from agentcron.tasks where id = $1::bigint for no key update skip locked

-- name: claim
-- The second half of a claim: what may start (queue.sql picked and locked it) gets its lease. An
-- attempt's own row and the task's are written in the same statement.
with taken as (
    delete from agentcron.ready r using unnest($3::bigint[], $4::timestamptz[]) as k (id, turn_at)
    where r.turn_at = k.turn_at and r.task_id = k.id
    returning r.task_id, r.resumes
), talked as (
    -- The conversations that first attempts go on with; one that was lost is not looked for again.
    select t.id, c.task_id as continues, c.session_id
    from taken k join agentcron.tasks t on t.id = k.task_id
    cross join lateral agentcron.continues_from(t) c
    where t.spec ->> 'conversation' = 'continue' and not k.resumes and t.session_id is null
      and t.lost_session is null
), started as (
    update agentcron.tasks t
    set status = 'running', reason = '', message = null, run_no = t.run_no + 1,
        continues = coalesce(t.continues, talked.continues),
        session_id = coalesce(t.session_id, talked.session_id),
        attempt = t.attempt + case when k.resumes then 0 else 1 end,
        started_at = coalesce(t.started_at, clock_timestamp()),
        ends_by = coalesce(t.ends_by, case when (t.spec ->> 'total_timeout')::float8 > 0 then
            clock_timestamp() + make_interval(secs => (t.spec ->> 'total_timeout')::float8) end)
    from taken k left join talked on talked.id = k.task_id
    where t.id = k.task_id
    returning t.*, k.resumes
), limited as (
    insert into agentcron.alarms (at, kind, task_id)
    select s.ends_by, 'total', s.id from started s
    where s.ends_by is not null and s.attempt = 1 and not s.resumes
), leased as (
    insert into agentcron.leases (task_id, run_no, token, worker_id, schedule_id,
                                  concurrency_group, agent, lease_until)
    select s.id, s.run_no, gen_random_uuid(), $1::uuid, s.schedule_id,
           coalesce(c.concurrency_group, s.spec #>> '{concurrency,group}'), s.agent,
           clock_timestamp() + make_interval(secs => $2::float8)
    from started s left join agentcron.schedules c on c.id = s.schedule_id
    returning task_id, token
), attempted as (
    insert into agentcron.attempts (task_id, run_no, attempt, token, worker_id, resumes)
    select s.id, s.run_no, s.attempt, l.token, $1::uuid, s.resumes
    from started s join leased l on l.task_id = s.id
    returning task_id, output_day
)
select s.id, s.run_no, l.token, s.attempt, s.schedule, s.fire_time, s.agent, g.driver, g.config,
       s.spec,
       s.session_id, s.trigger = 'continue' as goes_on, s.lost_session, s.continues,
       d.output_day, s.run_at, s.resumes, q.answers, s.inputs, s.limit_waits,
       case when s.spec ? 'budget' or c.spec ? 'budget' or b.budget ? 'per_day' then
           agentcron.budget_facts(s.id, s.chain_id, b.id) end as budgets,
       -- A leg that was given back counts for nothing.
       s.run_no > 1 and coalesce(
           (select a.outcome = 'blocked' from agentcron.attempts a
            where a.task_id = s.id and a.run_no < s.run_no and a.outcome <> 'returned'
            order by a.run_no desc limit 1), false) as was_limited,
       extract(epoch from s.ends_by - clock_timestamp())::float8 as total_left_s,
       s.watched or s.chain_id is not null or s.ends_by is not null
           or (s.spec ->> 'input_timeout')::float8 > 0 as watched,
       case when concat(s.spec ->> 'prompt', s.spec ->> 'context') like '%last_success_at%' then
           (select max(p.finished_at) from agentcron.tasks p
            where p.schedule_id = coalesce(s.schedule_id, c.schedule_id)
              and p.status = 'succeeded') end as last_success_at
from started s
join leased l on l.task_id = s.id
join attempted d on d.task_id = s.id
left join agentcron.agents g on g.name = s.agent
left join agentcron.tasks c on c.id = s.chain_id
left join agentcron.schedules b on b.id = coalesce(s.schedule_id, c.schedule_id)
left join lateral (
    -- Of the last leg that asked: its last question, and those whose answers did not reach it.
    select jsonb_agg(jsonb_build_object('native_id', x.native_id, 'question', x.headline,
                                        'answer', coalesce(x.answer, ''),
                                        'expired', x.outcome = 'expired', 'request', x.request)
                     order by x.id) as answers
    from (select id, run_no from agentcron.questions
          where s.resumes and task_id = s.id and outcome in ('answered', 'expired')
            and native_id <> agentcron.lost_question()
          order by id desc limit 1) latest
    join agentcron.questions x
        on x.task_id = s.id and x.run_no = latest.run_no and x.outcome in ('answered', 'expired')
    where x.id = latest.id or x.delivered_at is null) q on true
order by s.run_at, s.id

-- name: unknown_claims
-- After a lost connection: what an unacknowledged claim of ours may have left. Ended at once, so
-- that the tasks start again now and not when the lease runs out.
select l.task_id, l.token from agentcron.leases l
where l.worker_id = $1::uuid and l.task_id <> all($2::bigint[])

-- name: renew
-- One statement per worker. A token that does not come back is a lost lease. SKIP LOCKED: somebody
-- who cancels a task in a transaction that he leaves open must not hold up the other leases; his is
-- good, but not renewed.
with free as materialized (
    select task_id from agentcron.leases
    where worker_id = $1::uuid and token = any($2::uuid[])
    for no key update skip locked
), renewed as (
    update agentcron.leases l
    set lease_until = clock_timestamp() + make_interval(secs => $3::float8)
    from free where l.task_id = free.task_id
    returning l.token
)
select l.token, r.token is not null as renewed
from agentcron.leases l left join renewed r on r.token = l.token
where l.worker_id = $1::uuid and l.token = any($2::uuid[])

-- name: signals
-- What people want of the attempts of this worker: all of it, each time, so that a lost hint costs
-- nothing but time. An answer is held back while another task of the schedule runs and only one
-- may: with while_waiting allow, that one started while this one waited.
select l.task_id, l.token, l.cancel_requested, l.cancel_reason,
       q.id as question_id, q.native_id, q.answer, q.outcome = 'expired' as expired,
       m.id as message_id, m.body as message
from agentcron.leases l
left join agentcron.questions q on q.task_id = l.task_id and q.run_no = l.run_no
     and q.outcome in ('answered', 'expired') and q.delivered_at is null
     and not exists (
         select from agentcron.leases o
         join agentcron.tasks x on x.id = o.task_id and x.status = 'running'
         join agentcron.schedules s on s.id = o.schedule_id and s.overlap <> 'allow'
         where o.schedule_id = l.schedule_id and o.task_id <> l.task_id)
left join agentcron.messages m on m.task_id = l.task_id and m.delivered_at is null
where l.worker_id = $1::uuid and (l.cancel_requested or q.id is not null or m.id is not null)
order by l.task_id, q.id, m.id

-- name: session
-- After lock_task. Where the agent's conversation is to be found, as soon as it is known: a crash
-- of the worker does not lose it.
with lease as (
    select l.task_id, l.run_no from agentcron.leases l
    where l.task_id = $1::bigint and l.token = $2::uuid
), noted as (
    update agentcron.attempts a set directory = $4
    from lease where a.task_id = lease.task_id and a.run_no = lease.run_no
)
update agentcron.tasks x set session_id = $3 from lease where x.id = lease.task_id
returning x.id

-- name: message_delivered
update agentcron.messages set delivered_at = coalesce(delivered_at, clock_timestamp())
where id = $1::bigint

-- name: finish
-- $3 status, $4 reason, $5 outcome of the attempt, $14 seconds until the next attempt or null. A
-- cancel that the worker did not hear of in time stops the next attempt; whoever cancelled has
-- written the message.
-- Returns one row, or none when the lease was lost (or the attempt is finished already: then
-- attempt_outcome tells which).
with t as materialized (
    select id, schedule_id, priority, agent from agentcron.tasks
    where id = $1::bigint for no key update
), lease as (
    delete from agentcron.leases l using t
    where l.task_id = t.id and l.token = $2::uuid
    returning l.task_id, l.run_no, t.schedule_id, t.priority, l.cancel_reason,
        l.cancel_requested and $14::float8 is not null as cancelled
), attempted as (
    update agentcron.attempts a
    set finished_at = clock_timestamp(), outcome = $5, reason = $4, message = $6,
        exit_code = $7::integer, signal = $8::integer, usage = $9::jsonb
    from lease where a.task_id = lease.task_id and a.run_no = lease.run_no
), withdrawn as (
    update agentcron.questions q set outcome = 'withdrawn', closed_at = clock_timestamp()
    from lease where q.task_id = lease.task_id and q.outcome is null
), again as (
    insert into agentcron.held (task_id, key, turn_at, until, schedule_id)
    select lease.task_id, 'time', agentcron.turn_at(due.at, lease.priority), due.at,
           lease.schedule_id
    from lease, lateral (select statement_timestamp() + make_interval(secs => $14::float8)) due (at)
    where $14::float8 is not null and not lease.cancelled
    returning task_id, until as run_at
)
update agentcron.tasks x
set status = case when lease.cancelled then 'cancelled' else $3 end,
    reason = case when again.run_at is not null then 'retry'
                  when lease.cancelled then lease.cancel_reason else $4 end,
    message = case when lease.cancelled or $3 = 'cancelled' then coalesce(x.message, $6)
                   else $6 end,
    exit_code = $7::integer,
    result = $10::jsonb, summary = $11,
    session_id = coalesce($12, x.session_id),
    cost_usd = coalesce(x.cost_usd + ($13::jsonb->>'cost_usd')::numeric, x.cost_usd,
        ($13::jsonb->>'cost_usd')::numeric),
    input_tokens = coalesce(x.input_tokens + ($13::jsonb->>'input_tokens')::bigint, x.input_tokens,
        ($13::jsonb->>'input_tokens')::bigint),
    output_tokens = coalesce(x.output_tokens + ($13::jsonb->>'output_tokens')::bigint,
        x.output_tokens, ($13::jsonb->>'output_tokens')::bigint),
    run_at = coalesce(again.run_at, x.run_at),
    finished_at = case when again.run_at is null then clock_timestamp() end
from lease left join again on again.task_id = lease.task_id
where x.id = lease.task_id
returning x.id

-- name: attempt_outcome
select outcome from agentcron.attempts where task_id = $1::bigint and token = $2::uuid

-- name: give_back
-- After lock_task. The worker is going down: the task is queued again at once, as if this attempt
-- had not been. A task that waits for a person goes on waiting, parked; one that was to be
-- cancelled is. $6: its conversation is gone, and the next attempt begins a new one.
with lease as (
    delete from agentcron.leases l
    where l.task_id = $1::bigint and l.token = $2::uuid
    returning l.task_id, l.run_no, l.cancel_requested, l.cancel_reason
), fate as (
    select t.id, t.schedule_id, t.priority, lease.run_no, a.resumes, lease.cancel_reason,
        lease.cancel_requested as cancelled,
        not lease.cancel_requested
            and exists (select from agentcron.questions q
                        where q.task_id = t.id and q.outcome is null) as waits,
        exists (select from agentcron.questions q where q.task_id = t.id and q.run_no = lease.run_no
                and q.outcome in ('answered', 'expired')) as answered,
        coalesce(t.spec ->> 'on_input_timeout', 'fail') <> 'continue'
            and exists (select from agentcron.questions q where q.task_id = t.id
                        and q.run_no = lease.run_no and q.outcome = 'expired') as unanswered
    from lease join agentcron.tasks t on t.id = lease.task_id
    join agentcron.attempts a on a.task_id = lease.task_id and a.run_no = lease.run_no
), attempted as (
    update agentcron.attempts a
    set finished_at = clock_timestamp(), message = $3, usage = $5::jsonb,
        outcome = case when fate.cancelled then 'cancelled'
                       when fate.unanswered then 'failed'
                       when fate.waits then 'parked' else 'returned' end
    from fate where a.task_id = fate.id and a.run_no = fate.run_no
), withdrawn as (
    update agentcron.questions q set outcome = 'withdrawn', closed_at = clock_timestamp()
    from fate where (fate.cancelled or fate.unanswered) and q.task_id = fate.id
        and q.outcome is null
), again as (
    insert into agentcron.ready (turn_at, task_id, schedule_id, resumes)
    select agentcron.turn_at(statement_timestamp(), fate.priority), fate.id, fate.schedule_id,
           fate.answered or fate.resumes
    from fate where not fate.waits and not fate.cancelled and not fate.unanswered
    returning task_id, statement_timestamp() as run_at, resumes
)
update agentcron.tasks x
set status = case when fate.cancelled then 'cancelled'
                  when fate.unanswered then 'failed'
                  when fate.waits then x.status else 'queued' end,
    reason = case when fate.cancelled then fate.cancel_reason
                  when fate.unanswered then 'input_timeout' else x.reason end,
    message = case when fate.unanswered and not fate.cancelled then 'nobody answered in time'
                   else x.message end,
    session_id = case when not $6::boolean then coalesce($4, x.session_id) end,
    lost_session = case when $6::boolean then x.session_id else x.lost_session end,
    cost_usd = agentcron.with_usage(x.cost_usd, $5::jsonb, 'cost_usd'),
    input_tokens = agentcron.with_usage(x.input_tokens, $5::jsonb, 'input_tokens'),
    output_tokens = agentcron.with_usage(x.output_tokens, $5::jsonb, 'output_tokens'),
    attempt = case when again.run_at is null or again.resumes then x.attempt else x.attempt - 1 end,
    run_at = coalesce(again.run_at, x.run_at),
    finished_at = case when fate.cancelled or fate.unanswered then clock_timestamp() end
from fate left join again on again.task_id = fate.id
where x.id = fate.id
returning x.id

-- name: unlaunched_leases
-- Leases of the dead workers $1 whose agent was never started: $2 names the runs that were. Not so
-- of a task that came back for that reason ($3) in each of its last $4 attempts.
select l.task_id, l.token from agentcron.leases l
where l.worker_id = any($1::uuid[]) and concat(l.task_id, '.', l.run_no) <> all($2::text[])
    and (select count(*) from agentcron.attempts a
         where a.task_id = l.task_id and a.run_no between l.run_no - $4::integer and l.run_no - 1
             and a.outcome = 'returned' and a.message = $3) < $4::integer
order by l.task_id

-- name: end_leases_of
-- Of workers that are proven dead: their lease is over now, whatever time it had left, and they are
-- nobody's rivals.
with dead as (
    update agentcron.workers set stopped_at = coalesce(stopped_at, clock_timestamp())
    where id = any($1::uuid[])
)
update agentcron.leases set lease_until = '-infinity' where worker_id = any($1::uuid[])

-- name: expired_leases
-- Read without a lock; rescue looks again under the task's lock. After an outage of the database
-- ($1: this session is young; or the server itself is) a lease that ran out proves nothing: its
-- worker gets one more life of a lease ($2, seconds) to renew it.
select task_id, token from agentcron.leases
where lease_until = '-infinity'
   or (lease_until < clock_timestamp() and not $1::boolean
       and clock_timestamp() - pg_postmaster_start_time() > make_interval(secs => $2::float8))
order by lease_until limit 50

-- name: rescue
-- After lock_task_unless_busy. The worker of this attempt is gone, or ($5) says itself that the
-- attempt is; $3 says how, $4 is what it used. A task that was to be cancelled is; one that waits
-- for a person goes on waiting; one that was answered resumes; any other has its fate from on_lost:
-- by its retry policy it is tried again or fails, it fails at once, or a person is asked.
with lease as (
    delete from agentcron.leases l
    where l.task_id = $1::bigint and l.token = $2::uuid
        and (l.lease_until < clock_timestamp() or $5::boolean)
    returning l.task_id, l.run_no, l.cancel_requested, l.cancel_reason, l.worker_id
), fate as (
    select t.id, t.schedule_id, t.chain_id, t.priority, lease.run_no, a.resumes,
        lease.cancel_reason, t.spec, a.started_at, lease.worker_id,
        case when lease.cancel_requested then 'cancelled'
             when exists (select from agentcron.questions q
                          where q.task_id = t.id and q.outcome is null)
                 then 'waits'
             when coalesce(t.spec ->> 'on_input_timeout', 'fail') <> 'continue'
                  and exists (select from agentcron.questions q where q.task_id = t.id
                              and q.run_no = lease.run_no and q.outcome = 'expired')
                 then 'unanswered'
             when exists (select from agentcron.questions q where q.task_id = t.id
                          and q.run_no = lease.run_no
                          and q.outcome in ('answered', 'expired') and q.delivered_at is null)
                 then 'resumes'
             when t.spec ->> 'on_lost' = 'ask' then 'asks'
             when t.spec ->> 'on_lost' = 'fail' then 'fails'
             when t.attempt < coalesce((t.spec->'retry'->>'attempts')::integer, 1)
                  and coalesce(t.spec->'retry'->'on' ? 'lost', true) then 'again'
             else 'fails' end as what
    from lease join agentcron.tasks t on t.id = lease.task_id
    join agentcron.attempts a on a.task_id = lease.task_id and a.run_no = lease.run_no
), attempted as (
    update agentcron.attempts a
    set finished_at = clock_timestamp(), reason = 'lost',
        outcome = case when fate.what in ('waits', 'resumes') then 'parked' else 'lost' end,
        message = $3, usage = coalesce(nullif($4::jsonb, '{}'), a.usage)
    from fate where a.task_id = fate.id and a.run_no = fate.run_no
), withdrawn as (
    update agentcron.questions q set outcome = 'withdrawn', closed_at = clock_timestamp()
    from fate where fate.what = 'cancelled' and q.task_id = fate.id and q.outcome is null
), asked as (
    insert into agentcron.questions (task_id, run_no, native_id, kind, headline, options,
                                     fingerprint, schedule_id, deadline)
    select fate.id, fate.run_no, agentcron.lost_question(), 'choice',
           agentcron.lost_headline(
               case when $5::boolean then clock_timestamp()
                    else coalesce(w.heartbeat_at, clock_timestamp()) end - fate.started_at),
           '[{"value": "run again", "label": "run again", "description": "from its beginning"},
             {"value": "give up", "label": "give up", "description": "the task fails"}]',
           md5(concat(agentcron.lost_question(), fate.id)),
           coalesce(c.schedule_id, fate.schedule_id),
           clock_timestamp() + make_interval(
               secs => nullif(fate.spec ->> 'input_timeout', '0')::float8)
    from fate
    left join agentcron.tasks c on c.id = fate.chain_id
    left join agentcron.workers w on w.id = fate.worker_id
    where fate.what = 'asks'
    returning id, task_id, deadline
), limited as (
    insert into agentcron.alarms (at, kind, task_id, question_id)
    select deadline, 'input', task_id, id from asked where deadline is not null
), again as (
    insert into agentcron.ready (turn_at, task_id, schedule_id, resumes)
    select agentcron.turn_at(statement_timestamp(), fate.priority), fate.id, fate.schedule_id,
           fate.what = 'resumes' or fate.resumes
    from fate where fate.what in ('again', 'resumes')
    returning task_id, statement_timestamp() as run_at
)
update agentcron.tasks x
set status = case fate.what when 'waits' then 'waiting_for_input'
                            when 'asks' then 'waiting_for_input'
                            when 'fails' then 'failed'
                            when 'unanswered' then 'failed'
                            when 'cancelled' then 'cancelled' else 'queued' end,
    reason = case fate.what when 'fails' then 'lost' when 'again' then 'retry'
                            when 'unanswered' then 'input_timeout'
                            when 'cancelled' then fate.cancel_reason else '' end,
    message = case when fate.what in ('fails', 'again', 'asks') then $3 else x.message end,
    cost_usd = agentcron.with_usage(x.cost_usd, $4::jsonb, 'cost_usd'),
    input_tokens = agentcron.with_usage(x.input_tokens, $4::jsonb, 'input_tokens'),
    output_tokens = agentcron.with_usage(x.output_tokens, $4::jsonb, 'output_tokens'),
    -- A leg that resumed is not counted by its next claim, so it is counted here: no endless loop.
    attempt = case when fate.what = 'again' and fate.resumes then x.attempt + 1 else x.attempt end,
    run_at = coalesce(again.run_at, x.run_at),
    finished_at = case when fate.what in ('fails', 'cancelled', 'unanswered')
                       then clock_timestamp() end
from fate left join again on again.task_id = fate.id
where x.id = fate.id
returning x.id, x.status
