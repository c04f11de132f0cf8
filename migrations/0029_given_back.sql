-- Why a task waits that a worker has claimed and given back: the machine could not start its agent,
-- or the worker was shut down. It stands in the attempt, for the next claim begins anew.

create or replace function agentcron.queued_words(t agentcron.tasks) returns text
    language plpgsql stable as $$
declare
    h agentcron.held;
    given_back text;
begin
    select * into h from agentcron.held x where x.task_id = t.id;
    if h.key = 'time' then
        return case when t.reason = 'retry' then
                   format('attempt %s failed; the next one starts at %s', t.attempt,
                          agentcron.utc_text(h.until))
               when t.trigger = 'schedule' and t.run_no = 0 then
                   format('starts at %s: jitter of %s', agentcron.utc_text(h.until),
                          agentcron.span_text(h.until - t.fire_time))
               else format('starts at %s', agentcron.utc_text(h.until)) end;
    elsif h.key like 'schedule:%' then
        return format('waits its turn: %s is not finished',
                      coalesce(t.waited_for, 'an earlier task'));
    elsif h.key is not null then
        return 'waits for ' || coalesce(t.waited_for, 'a slot of ' || replace(h.key, ':', ' '))
            || coalesce(', at ' || agentcron.utc_text(h.until), '');
    end if;
    select format('; given back by %s: %s', coalesce(w.host, 'a worker'),
                  agentcron.one_line(a.message))
        into given_back
        from agentcron.attempts a left join agentcron.workers w on w.id = a.worker_id
        where a.task_id = t.id and a.run_no = t.run_no and a.outcome = 'returned'
            and a.message is not null;
    if not exists (select from agentcron.worker_status w where w.state = 'alive') then
        return 'waits for a worker, and none is running' || coalesce(given_back, '');
    end if;
    return case when t.reason = 'retry'
                then format('attempt %s failed; the next one waits for a free slot', t.attempt)
                else 'waits for a free slot' end
        || coalesce(given_back, '');
end $$;
