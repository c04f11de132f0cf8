-- Deliveries. A sender takes rows by moving due_at ahead, so that another sender takes them should
-- it die before it says how they went: each row is sent at least once.

-- name: outbox_due
select min(due_at) as due_at, clock_timestamp() as now from agentcron.outbox
where due_at is not null

-- name: drop_overtaken_pings
-- A start that failed and is tried again after the success would revive the run on the other side.
-- SKIP LOCKED: a rival has it.
with overtaken as (
    select o.id from agentcron.outbox o
    where o.channel = 'ping' and o.due_at is not null and o.attempts > 0
      and (o.taken_at is null or o.due_at <= clock_timestamp())
      and exists (select from agentcron.outbox later
                  where later.channel = 'ping' and later.due_at is not null
                    and later.task_id = o.task_id and later.created_at > o.created_at)
    for no key update skip locked
)
update agentcron.outbox o
set due_at = null, taken_at = null, gave_up_at = clock_timestamp(),
    error = concat_ws('; ', o.error, 'a later ping of the task took its place')
from overtaken where o.id = overtaken.id

-- name: take_notifications
-- $1 pings and webhooks and $2 commands at most, kept from others for $3 seconds. The two are taken
-- apart, so that slow ones of a kind hold up their own kind only. A ping waits for the earlier one
-- of its task, for the other side counts the last one that comes.
with calls as (
    select o.id from agentcron.outbox o
    where o.due_at <= clock_timestamp() and o.channel <> 'command'
      and (o.channel <> 'ping' or not exists (
          select from agentcron.outbox earlier
          where earlier.channel = 'ping' and earlier.due_at is not null
            and earlier.task_id = o.task_id and earlier.created_at < o.created_at))
    order by o.due_at limit $1::bigint
    for no key update skip locked
), commands as (
    select o.id from agentcron.outbox o
    where o.due_at <= clock_timestamp() and o.channel = 'command'
    order by o.due_at limit $2::bigint
    for no key update skip locked
)
update agentcron.outbox o
set attempts = o.attempts + 1, taken_at = clock_timestamp(),
    first_tried_at = coalesce(o.first_tried_at, clock_timestamp()),
    due_at = clock_timestamp() + make_interval(secs => $3::float8)
from (select id from calls union all select id from commands) taken
where o.id = taken.id
returning o.id, o.event, o.channel, o.target::text as target, o.payload::text as payload,
          o.attempts, o.created_at, o.first_tried_at, o.taken_at

-- name: notification_delivered
-- Without a look at attempts: it arrived, whoever sent it.
update agentcron.outbox
set due_at = null, taken_at = null, delivered_at = clock_timestamp(), gave_up_at = null,
    error = null
where id = $1::uuid and delivered_at is null

-- name: notification_failed
-- $3: seconds to the next try, null: it is given up. attempts guards a row that a rival has taken
-- since.
update agentcron.outbox
set taken_at = null, error = $4,
    due_at = clock_timestamp() + make_interval(secs => $3::float8),
    gave_up_at = case when $3::float8 is null then clock_timestamp() end
where id = $1::uuid and attempts = $2::integer and taken_at is not null

-- name: delete_old_notifications
-- What did not arrive is kept longer: somebody may look for it.
delete from agentcron.outbox where id in (
    select id from agentcron.outbox
    where due_at is null
      and coalesce(delivered_at, gave_up_at) < clock_timestamp() - interval '7 days'
      and (delivered_at is not null or gave_up_at < clock_timestamp() - interval '30 days')
    order by coalesce(delivered_at, gave_up_at) limit $1::bigint
    for update skip locked)
