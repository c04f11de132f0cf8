-- What a leg did not tell of adds nothing to its task's usage: least() alone ignores a null, and so
-- took the most that there is for it.
create or replace function agentcron.with_usage(total numeric, usage jsonb, key text)
    returns numeric language sql immutable as $$
    select coalesce(total + used, total, used)
    from (select case when usage ->> key is not null then
                     least((usage ->> key)::numeric,
                           case key when 'cost_usd' then 1e7 else 1e15 end) end) u (used)
$$;
