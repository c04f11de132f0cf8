-- What an agent's provider refuses. The lock rule at the head of leases.sql holds.

-- name: block
-- $3 usage_limit or auth; $9 when the limit ends, if that is known, $10 seconds later the task goes
-- on; else $11 seconds from now. With auth it waits for a person, who resumes its schedule: an
-- alarm has a scheduler pause that. The attempt is not counted, as if it had not been; a cancel
-- that the worker did not hear of in time ends the task.
with t as materialized (
    select id, schedule_id, priority, agent from agentcron.tasks
    where id = $1::bigint for no key update
), lease as (
    delete from agentcron.leases l using t
    where l.task_id = t.id and l.token = $2::uuid
    returning l.task_id, l.run_no, l.cancel_reason, l.cancel_requested as cancelled
), fate as (
    select t.id, t.schedule_id, t.priority, t.agent, lease.run_no, lease.cancelled,
        lease.cancel_reason, a.resumes,
        case when $3 = 'auth' then timestamptz 'infinity'
             when $9::timestamptz > statement_timestamp()
                 then $9::timestamptz + make_interval(secs => $10::float8)
             else statement_timestamp() + make_interval(secs => $11::float8) end as until
    from lease join t on t.id = lease.task_id
    join agentcron.attempts a on a.task_id = lease.task_id and a.run_no = lease.run_no
), attempted as (
    update agentcron.attempts a
    set finished_at = clock_timestamp(), reason = $3, message = $4, exit_code = $5::integer,
        signal = $6::integer, usage = $7::jsonb,
        outcome = case when fate.cancelled then 'cancelled' else 'blocked' end
    from fate where a.task_id = fate.id and a.run_no = fate.run_no
), withdrawn as (
    update agentcron.questions q set outcome = 'withdrawn', closed_at = clock_timestamp()
    from fate where q.task_id = fate.id and q.outcome is null
), again as (
    insert into agentcron.held (task_id, key, turn_at, until, schedule_id, resumes)
    select fate.id, 'time', agentcron.turn_at(statement_timestamp(), fate.priority), fate.until,
           fate.schedule_id, fate.resumes
    from fate where not fate.cancelled
    returning task_id, statement_timestamp() as run_at, resumes
), wall as (
    insert into agentcron.walls (agent, until)
    select fate.agent, $9::timestamptz from fate
    where $3 = 'usage_limit' and $9::timestamptz > statement_timestamp()
), passed as (
    delete from agentcron.walls w using (
        select o.ctid from agentcron.walls o where o.until < statement_timestamp()
        limit 100 for update skip locked) gone
    where w.ctid = gone.ctid
), alarmed as (
    insert into agentcron.alarms (kind, task_id)
    select 'blocked', fate.id from fate where $3 = 'auth' and not fate.cancelled
)
update agentcron.tasks x
set status = case when fate.cancelled then 'cancelled' else 'blocked' end,
    reason = case when fate.cancelled then fate.cancel_reason else $3 end,
    message = case when fate.cancelled then coalesce(x.message, $4)
                   when fate.until < 'infinity'
                       then $4 || '; goes on at ' || agentcron.utc_text(fate.until)
                   else $4 end,
    exit_code = $5::integer,
    session_id = coalesce($8, x.session_id),
    cost_usd = agentcron.with_usage(x.cost_usd, $7::jsonb, 'cost_usd'),
    input_tokens = agentcron.with_usage(x.input_tokens, $7::jsonb, 'input_tokens'),
    output_tokens = agentcron.with_usage(x.output_tokens, $7::jsonb, 'output_tokens'),
    attempt = case when again.run_at is null or again.resumes then x.attempt else x.attempt - 1 end,
    limit_waits = x.limit_waits + case when $3 = 'usage_limit' then 1 else 0 end,
    run_at = coalesce(again.run_at, x.run_at),
    finished_at = case when fate.cancelled then clock_timestamp() end
from fate left join again on again.task_id = fate.id
where x.id = fate.id
returning x.id
