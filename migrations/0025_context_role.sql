-- The role as which the queries of `context` run: it may do no more than read what it was granted.

-- One at a time: of two that grant the same at once one would fail.
create function agentcron.make_context_role() returns void language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('agentcron.make_context_role'));
    if not exists (select from pg_roles r where r.rolname = 'agentcron_context') then
        begin
            create role agentcron_context login;
            -- Unqualified names mean what they mean to the role agentcron, whose "$user" they are.
            alter role agentcron_context set search_path = public, agentcron;
        exception when duplicate_object or unique_violation then
            null; -- made meanwhile, from another database of the cluster
        end;
    end if;
    if not has_schema_privilege('agentcron_context', 'agentcron', 'usage') then
        grant usage on schema agentcron to agentcron_context;
        grant select on agentcron.task_history, agentcron.step_history,
            agentcron.schedule_status, agentcron.daily_summary, agentcron.upcoming,
            agentcron.inbox to agentcron_context;
    end if;
end $$;
comment on function agentcron.make_context_role is
    'Makes the role agentcron_context, as which the queries of context run, and lets it read what '
    'became of tasks. It has no password: give it one, or let it in by pg_hba.conf. Grant it what '
    'else the queries shall read.';
