-- Chains: a task whose steps are tasks. The chain's own row has no process; its status follows from
-- its steps', in the transaction that changes a step. So a crash loses nothing: what was to come
-- next is in the queue, or the step before it has not ended.
-- Locks: the step first, then its chain, then the next step.

-- Makes a chain's steps at its first start; when it is started again, what succeeded stays. The
-- caller has taken the task from the queue and holds its lock.
create function agentcron.start_chain(chain_task bigint) returns void language plpgsql as $$
declare
    t agentcron.tasks;
    total float8;
begin
    update agentcron.tasks x
        set status = 'running', reason = '', message = null, run_no = x.run_no + 1,
            attempt = x.attempt + 1, started_at = coalesce(x.started_at, clock_timestamp())
        where x.id = chain_task returning * into t;
    insert into agentcron.chains (task_id, schedule_id, concurrency_group)
        values (t.id, t.schedule_id,
                (select s.concurrency_group from agentcron.schedules s where s.id = t.schedule_id));
    total := (t.spec ->> 'total_timeout')::float8;
    if total > 0 and t.ends_by is null then
        update agentcron.tasks x set ends_by = clock_timestamp() + make_interval(secs => total)
            where x.id = t.id returning * into t;
        insert into agentcron.alarms (at, kind, task_id) values (t.ends_by, 'total', t.id);
    end if;
    if not exists (select from agentcron.tasks x where x.chain_id = t.id) then
        insert into agentcron.tasks
                (schedule, agent, fire_time, run_at, priority, status, reason, spec, owner, trigger,
                 chain_id, step_no, step, watched)
            select t.schedule, coalesce(nullif(s.step ->> 'agent', ''), t.agent), t.fire_time,
                   t.run_at, t.priority, 'blocked', 'upstream',
                   s.step - 'name' - 'agent' || jsonb_build_object('params',
                       coalesce(t.spec -> 'params', '{}') || coalesce(s.step -> 'params', '{}')),
                   t.owner, 'step', t.id, s.no, s.step ->> 'name', t.watched
            from jsonb_array_elements(t.spec -> 'steps') with ordinality as s (step, no)
            order by s.no;
    else
        update agentcron.tasks x
            set status = 'blocked', reason = 'upstream', message = null, attempt = 0,
                started_at = null, finished_at = null, result = null, summary = null,
                exit_code = null, because_of = null
            where x.chain_id = t.id and x.status <> 'succeeded';
    end if;
    perform agentcron.next_step(t);
end $$;

-- Queues the first step that has not succeeded, with the results of those before it; without one
-- the chain has succeeded. The caller holds the chain's lock.
create function agentcron.next_step(t agentcron.tasks) returns void language plpgsql as $$
declare
    step agentcron.tasks;
begin
    update agentcron.tasks x
        set status = 'queued', reason = '', run_at = clock_timestamp(),
            inputs = coalesce(t.inputs, '{}') || coalesce(
                (select jsonb_object_agg(e.step, e.result) from agentcron.tasks e
                 where e.chain_id = t.id and e.step_no < x.step_no), '{}')
        where x.id = (select y.id from agentcron.tasks y
                      where y.chain_id = t.id and y.status <> 'succeeded'
                      order by y.step_no limit 1)
        returning * into step;
    if found then
        perform agentcron.put_in_queue(step);
    else
        perform agentcron.end_chain(t, 'succeeded', '', null);
    end if;
end $$;

create function agentcron.end_chain(t agentcron.tasks, ends_as text, why text, words text)
    returns void language plpgsql as $$
declare
    chain agentcron.chains;
begin
    delete from agentcron.chains c where c.task_id = t.id returning * into chain;
    if chain.out_of_time and ends_as = 'cancelled' then
        ends_as := 'failed';
        why := 'timeout';
        words := 'stopped at the end of its total_timeout';
    end if;
    update agentcron.tasks x
        set status = 'cancelled', reason = 'upstream', finished_at = clock_timestamp(),
            message = 'an earlier step did not succeed'
        where x.chain_id = t.id and x.status = 'blocked';
    update agentcron.tasks x
        set status = ends_as, reason = why, message = words, finished_at = clock_timestamp(),
            result = last.result, summary = last.summary, exit_code = last.exit_code,
            cost_usd = total.cost_usd, input_tokens = total.input_tokens,
            output_tokens = total.output_tokens
        from (select y.result, y.summary, y.exit_code from agentcron.tasks y
              where y.chain_id = t.id and y.started_at is not null
              order by y.step_no desc limit 1) last,
             (select sum(y.cost_usd) as cost_usd, sum(y.input_tokens) as input_tokens,
                     sum(y.output_tokens) as output_tokens
              from agentcron.tasks y where y.chain_id = t.id) total
        where x.id = t.id;
    if not found then -- none of its steps ever started
        update agentcron.tasks x
            set status = ends_as, reason = why, message = words, finished_at = clock_timestamp()
            where x.id = t.id;
    end if;
    perform agentcron.release_held(array_remove(array[
        'schedule:' || chain.schedule_id, 'group:' || chain.concurrency_group], null));
end $$;

create function agentcron.chain_step_changed() returns trigger language plpgsql as $$
declare
    t agentcron.tasks;
begin
    select * into t from agentcron.tasks x where x.id = new.chain_id for no key update;
    if not exists (select from agentcron.chains c where c.task_id = t.id) then return null; end if;
    case new.status
    when 'succeeded' then
        perform agentcron.next_step(t);
    when 'failed' then
        perform agentcron.end_chain(t, 'failed', new.reason, format('step "%s"%s', new.step,
            coalesce(': ' || new.message, '')));
    when 'skipped' then
        perform agentcron.end_chain(t, 'failed', 'timeout', format('step "%s"%s', new.step,
            coalesce(': ' || new.message, '')));
    when 'cancelled' then
        perform agentcron.end_chain(t, 'cancelled', new.reason, new.message);
    when 'waiting_for_input' then
        update agentcron.tasks x set status = 'waiting_for_input' where x.id = t.id;
    else
        update agentcron.tasks x set status = 'running'
            where x.id = t.id and x.status = 'waiting_for_input';
    end case;
    return null;
end $$;

create trigger chain_step_changed after update of status on agentcron.tasks
    for each row when (new.chain_id is not null and new.status is distinct from old.status
                       and new.reason <> 'upstream')
    execute function agentcron.chain_step_changed();

-- For who must not wait: locks a task after its steps, if nobody else holds one of them.
create function agentcron.lock_with_steps(task_id bigint) returns boolean language plpgsql as $$
declare
    steps bigint;
    locked bigint;
begin
    select count(*) into steps from agentcron.tasks x
        where x.chain_id = lock_with_steps.task_id and x.finished_at is null;
    select count(*) into locked from (
        select from agentcron.tasks x
        where x.chain_id = lock_with_steps.task_id and x.finished_at is null
        order by x.id for no key update skip locked) l;
    if locked < steps then return false; end if;
    perform from agentcron.tasks x
        where x.id = lock_with_steps.task_id for no key update skip locked;
    return found;
end $$;
