-- Questions of running attempts. Each statement comes after lock_task in its transaction (the rule
-- is in leases.sql) and checks the token.

-- name: ask
-- The question and the task's state in one statement. on conflict: a replay after an unacknowledged
-- commit asks the same question again.
-- One that an open question of the same schedule asks already joins it: a person answers both.
with lease as (
    select l.task_id, l.run_no, coalesce(c.schedule_id, l.schedule_id) as schedule_id,
           md5(concat_ws(chr(31), $5::text, $6::text, $7::text, $10::text, $11::text, $12::text))
               as fingerprint,
           clock_timestamp() + make_interval(
               secs => nullif(t.spec ->> 'input_timeout', '0')::float8) as deadline
    from agentcron.leases l
    join agentcron.tasks t on t.id = l.task_id
    left join agentcron.tasks c on c.id = t.chain_id
    where l.task_id = $1::bigint and l.token = $2::uuid
), asked as (
    insert into agentcron.questions (task_id, run_no, native_id, kind, headline, body, options,
                                     default_option, items, schema, request, fingerprint,
                                     schedule_id, deadline, joins)
    select lease.task_id, lease.run_no, $3, $4, $5, $6, $7::jsonb, $8, $10::jsonb, $11::jsonb,
           $12::jsonb, lease.fingerprint, lease.schedule_id, lease.deadline,
           (select min(o.id) from agentcron.questions o
            where o.schedule_id = lease.schedule_id and o.fingerprint = lease.fingerprint
              and o.outcome is null and o.joins is null
              and o.task_id <> lease.task_id)
    from lease
    on conflict (task_id, run_no, native_id) do nothing
    returning id, task_id, deadline
), limited as (
    insert into agentcron.alarms (at, kind, task_id, question_id)
    select deadline, 'input', task_id, id from asked where deadline is not null
), waiting as (
    update agentcron.tasks x
    set status = 'waiting_for_input', session_id = coalesce($9, x.session_id)
    from lease, asked where x.id = lease.task_id
)
select lease.task_id from lease

-- name: withdraw
-- The agent no longer needs it. With nothing more open the task runs on.
with lease as (
    select l.task_id, l.run_no from agentcron.leases l
    where l.task_id = $1::bigint and l.token = $2::uuid
), closed as (
    update agentcron.questions q set outcome = 'withdrawn', closed_at = clock_timestamp()
    from lease where q.task_id = lease.task_id and q.run_no = lease.run_no and q.native_id = $3
        and q.outcome is null
    returning q.id
), going_on as (
    update agentcron.tasks x set status = 'running'
    from lease where x.id = lease.task_id and x.status = 'waiting_for_input' and not exists (
        select from agentcron.questions o where o.task_id = lease.task_id and o.outcome is null
            and o.id <> all(select id from closed))
)
select lease.task_id from lease

-- name: delivered
-- The answer is on its way into the living process.
with lease as (
    select l.task_id from agentcron.leases l where l.task_id = $1::bigint and l.token = $2::uuid
), marked as (
    update agentcron.questions q
    set delivered_at = coalesce(q.delivered_at, clock_timestamp())
    from lease where q.id = $3::bigint and q.task_id = lease.task_id
), going_on as (
    update agentcron.tasks x set status = 'running'
    from lease where x.id = lease.task_id and x.status = 'waiting_for_input' and not exists (
        select from agentcron.questions o where o.task_id = lease.task_id and o.outcome is null)
)
select lease.task_id from lease

-- name: park
-- Gives up the lease while a question is open. If an answer, the end of the wait for it or a cancel
-- came first, nothing is parked and the caller gives the task back: the row that comes back says
-- which.
with lease as (
    select l.task_id, l.run_no, l.cancel_requested,
        exists (select from agentcron.questions q
                where q.task_id = l.task_id and q.run_no = l.run_no
                and q.outcome in ('answered', 'expired') and q.delivered_at is null) as answered,
        exists (select from agentcron.questions q where q.task_id = l.task_id and q.outcome is null)
        as open
    from agentcron.leases l where l.task_id = $1::bigint and l.token = $2::uuid
), gone as (
    delete from agentcron.leases l using lease
    where l.task_id = lease.task_id and lease.open and not lease.answered
        and not lease.cancel_requested
    returning l.task_id, l.run_no
), attempted as (
    update agentcron.attempts a
    set finished_at = clock_timestamp(), outcome = 'parked', usage = $4::jsonb
    from gone where a.task_id = gone.task_id and a.run_no = gone.run_no
), noted as (
    update agentcron.tasks x
    set session_id = coalesce($3, x.session_id),
        cost_usd = agentcron.with_usage(x.cost_usd, $4::jsonb, 'cost_usd'),
        input_tokens = agentcron.with_usage(x.input_tokens, $4::jsonb, 'input_tokens'),
        output_tokens = agentcron.with_usage(x.output_tokens, $4::jsonb, 'output_tokens')
    from gone where x.id = gone.task_id
)
select (select count(*) from gone) as parked from lease
