-- An answer that comes too late is told why: the task is being cancelled, nobody answered in time,
-- or the agent took its question back.

create or replace function agentcron.answer(
        task_id bigint, answer text, answered_by text default current_user,
        answered_via text default 'sql', question_id bigint default null)
    returns bigint language plpgsql as $$
declare
    t agentcron.tasks;
    q agentcron.questions;
    other bigint;
begin
    if answer.answer is null then
        raise exception 'an answer is a text, not null' using errcode = '22004';
    end if;
    -- Questions that were joined are closed together, so all their tasks are locked, in order.
    perform from agentcron.tasks x where x.id in (
            select y.task_id from agentcron.questions o
            join agentcron.questions y
                on o.id = y.id or coalesce(y.joins, y.id) = coalesce(o.joins, o.id)
            where o.task_id = answer.task_id and o.outcome is null and y.outcome is null)
        order by x.id for no key update;
    t := agentcron.task_or_raise(answer.task_id);
    -- Several open ones: the oldest first, which is the one that the inbox shows on top.
    select * into q from agentcron.questions x
        where x.task_id = answer.task_id and x.outcome is null
          and (answer.question_id is null or x.id = answer.question_id)
        order by x.id limit 1 for update;
    if not found then
        select * into q from agentcron.questions x
            where x.task_id = answer.task_id and x.outcome is not null
              and (answer.question_id is null or x.id = answer.question_id)
            order by x.closed_at desc limit 1;
        if found and q.outcome = 'answered' then
            raise exception 'task % was already answered by % at %: %', answer.task_id,
                q.answered_by,
                to_char(q.closed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), q.answer
                using errcode = 'AC003';
        end if;
        if found and (t.status in ('running', 'waiting_for_input')
                      or t.reason = 'input_timeout') then
            raise exception '%', format(case q.outcome
                    when 'expired' then 'task %s does not wait any more: nobody answered in time'
                    else 'task %s does not wait any more: its question was withdrawn by its agent'
                    end, answer.task_id)
                using errcode = 'AC002', hint = 'select * from agentcron.inbox';
        end if;
        raise exception 'task % does not wait for an answer; it is %', answer.task_id, t.status
            using errcode = 'AC002', hint = 'select * from agentcron.inbox';
    end if;
    -- What ends a task for good comes first. The end of input_timeout answers in a scheduler's
    -- transaction, which an error must not undo.
    if answer.answered_via <> 'input_timeout' and exists (
            select from agentcron.leases l where l.task_id = t.id and l.cancel_requested) then
        raise exception 'task % is being cancelled', answer.task_id using errcode = 'AC002';
    end if;
    for other in
        update agentcron.questions x
        set outcome = 'answered', answer = answer.answer, answered_by = answer.answered_by,
            answered_via = answer.answered_via, closed_at = clock_timestamp()
        where x.outcome is null
          and (x.id = q.id or coalesce(x.joins, x.id) = coalesce(q.joins, q.id))
        returning x.task_id
    loop
        perform agentcron.go_on(other);
    end loop;
    return q.id;
end $$;
