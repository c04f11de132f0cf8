-- "Why?": every due time and what became of it, in words.

-- After the words for a start: how late it was, and what kept it.
create function agentcron.late_words(t agentcron.tasks) returns text language plpgsql stable as $$
declare
    due timestamptz := coalesce(t.fire_time, t.created_at);
    cause text;
begin
    if coalesce(t.started_at - due < interval '1 second', true) then return ''; end if;
    cause := concat_ws(', ',
        case when t.waited_for like 'no scheduler%' then null
             -- A short downtime is no catch-up yet: but the row was made late.
             when t.trigger = 'catch_up'
                  or t.trigger = 'schedule' and t.created_at > due + interval '1 second'
             then agentcron.downtime_at(t.fire_time)
             when t.trigger = 'backfill' then 'a backfill made it'
             when t.trigger = 'manual' and t.fire_time is not null then 'it was run again by hand'
        end,
        -- A retry moves run_at: then nothing tells what the jitter was.
        case when t.trigger = 'schedule' and t.run_no <= 1 and t.run_at > t.fire_time
             then 'jitter of ' || agentcron.span_text(t.run_at - t.fire_time) end,
        case when t.waited_for like 'no %' then t.waited_for
             else 'it waited for ' || t.waited_for end);
    return format('; started %s late: %s', agentcron.span_text(t.started_at - due),
                  coalesce(nullif(cause, ''), 'it waited for a free worker'));
end $$;

create function agentcron.queued_words(t agentcron.tasks) returns text
    language plpgsql stable as $$
declare
    h agentcron.held;
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
        return 'waits for ' || coalesce(t.waited_for, 'a slot of ' || replace(h.key, ':', ' '));
    elsif not exists (select from agentcron.worker_status w where w.state = 'alive') then
        return 'waits for a worker, and none is running';
    end if;
    return case when t.reason = 'retry'
                then format('attempt %s failed; the next one waits for a free slot', t.attempt)
                else 'waits for a free slot' end;
end $$;

create function agentcron.fate_words(t agentcron.tasks) returns text language plpgsql stable as $$
declare
    step agentcron.tasks;
    words text;
begin
    if t.status in ('running', 'waiting_for_input') and t.spec ? 'steps' then
        select * into step from agentcron.tasks x
            where x.chain_id = t.id and x.finished_at is null and x.reason <> 'upstream'
            order by x.step_no limit 1;
        if found then
            return format('runs since %s, at step %s of %s, "%s" (task %s), which %s',
                agentcron.utc_text(t.started_at), step.step_no,
                jsonb_array_length(t.spec -> 'steps'), step.step, step.id,
                agentcron.fate_words(step));
        end if;
    end if;
    case t.status
    when 'queued' then return agentcron.queued_words(t);
    when 'blocked' then
        return format('blocked (%s)%s', t.reason, coalesce(': ' || t.message, ''));
    when 'running' then
        words := format('runs since %s, attempt %s', agentcron.utc_text(t.started_at), t.attempt);
    when 'waiting_for_input' then
        return coalesce(
            (select format('waits for a person since %s: %s', agentcron.utc_text(q.asked_at),
                           q.headline)
             from agentcron.questions q where q.task_id = t.id and q.outcome is null
             order by q.id limit 1), 'was answered and goes on');
    when 'succeeded' then
        words := format('ran from %s to %s, attempt %s', agentcron.utc_text(t.started_at),
                        agentcron.utc_text(t.finished_at), t.attempt);
    when 'failed' then
        words := format('failed at %s after %s attempt(s): %s',
                        agentcron.utc_text(t.finished_at), t.attempt,
                        coalesce(t.message, t.reason));
    when 'cancelled' then
        words := format('cancelled at %s%s', agentcron.utc_text(t.finished_at), ': ' || coalesce(
            t.message, case t.reason when 'replaced' then 'a later task took its place'
                                     when 'upstream' then 'what it comes after failed'
                                     else 'by hand' end));
    else
        words := case t.reason
            when 'overlap' then 'skipped by overlap: '
                || coalesce(t.message, 'an earlier task was still running')
            when 'open_question' then 'skipped by while_waiting: '
                || coalesce(t.message, 'an earlier task waits for a person')
            when 'missed' then 'missed: '
                || coalesce(t.message, 'no scheduler was there in time')
            else 'expired: ' || coalesce(t.message, 'it could not start in time') end;
    end case;
    -- Where the words do not name the task that was the cause. It ends before another digit.
    if t.because_of is not null and t.status in ('cancelled', 'skipped')
       and words !~ ('\mtask ' || t.because_of || '\M') then
        words := words || format(' (because of task %s)', t.because_of);
    end if;
    return words || agentcron.late_words(t)
        || case when t.fires_covered > 1
                then format('; stands for %s fire times%s', t.fires_covered,
                            coalesce(' from ' || agentcron.utc_text(t.covers_from) || ' on', ''))
                else '' end;
end $$;
comment on function agentcron.fate_words is
    'What became of a task, or keeps it from becoming anything, in one sentence.';

-- What comes next, for the row of a schedule without a task.
create function agentcron.next_words(s agentcron.schedules) returns text
    language plpgsql stable as $$
declare
    down_since timestamptz;
begin
    if s.error is not null then return 'cannot fire: ' || s.error;
    elsif not s.enabled then return 'disabled';
    elsif s.paused_at is not null then
        return format('paused since %s by %s%s', agentcron.utc_text(s.paused_at),
                      coalesce(s.paused_by, 'somebody'), coalesce(': ' || s.paused_reason, ''));
    elsif s.planned_rev <> s.rev then
        return 'no scheduler has read this declaration yet; is one running?';
    elsif s.next_fire_at is null and s.runs >= s.max_runs then
        return format('finished: it ran %s times, as often as max_runs allows', s.runs);
    elsif s.next_fire_at is null and s.ends_at is not null then
        return format('finished: it ends at %s', agentcron.utc_text(s.ends_at));
    elsif s.next_fire_at is null and btrim(s.cron, E' \t') = '@reboot' then
        return 'runs when agentcron starts, once per start of the machine';
    elsif s.next_fire_at is null and s.after <> '{}' then
        return format('runs when these have succeeded: %s', (
            select string_agg(u.name || case when a.task_id is null then ''
                                             else format(' (done, task %s)', a.task_id) end, ', '
                              order by u.name)
            from unnest(s.after) u (name)
            left join agentcron.arrivals a on a.schedule_id = s.id and a.upstream = u.name));
    elsif s.next_fire_at is null then return 'has no fire time to come';
    elsif s.next_fire_at > clock_timestamp() then
        return 'not yet due' || case when s.starts_at > clock_timestamp()
            then format(': it starts at %s', agentcron.utc_text(s.starts_at)) else '' end;
    end if;
    select d.from_at into down_since from agentcron.downtime d where d.to_at is null;
    return 'due, and no scheduler has dealt with it yet'
        || coalesce('; none has run since ' || agentcron.utc_text(down_since), '');
end $$;

create or replace view agentcron.why as
select t.schedule, t.fire_time, t.id as task_id, t.status, t.reason,
       agentcron.fate_words(t) as explanation, t.fires_covered, t.schedule_id,
       'task' as kind, t.covers_from, t.because_of, t.trigger
from agentcron.tasks t
where t.chain_id is null
union all
select s.name, p.paused_at, null, null, '',
       format('paused from %s to %s by %s%s; due times in between are not run',
              agentcron.utc_text(p.paused_at), agentcron.utc_text(p.resumed_at),
              coalesce(p.paused_by, 'somebody'), coalesce(': ' || p.reason, '')),
       0, s.id, 'pause', null, null, null
from agentcron.pauses p
join agentcron.schedules s on s.id = p.schedule_id
where p.resumed_at is not null
union all
select s.name, s.next_fire_at, null, null, '', agentcron.next_words(s), 1, s.id, 'next', null, null,
       null
from agentcron.schedules s;
comment on view agentcron.why is
    'Every due time and what became of it, in words. Ask it for one schedule: each explanation is '
    'made when it is read.';
comment on column agentcron.why.kind is
    'task: a due time, or a run by hand; pause: a time in which the schedule was paused, from '
    'fire_time on; next: what comes next, also for a schedule that is paused now.';
comment on column agentcron.why.because_of is
    'The task because of which this one was skipped, cancelled, made to wait, or made.';
