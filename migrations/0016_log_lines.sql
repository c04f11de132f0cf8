-- Lines of agents are stored as they came, line break included; the view shows them as text.

create function agentcron.log_text(kind text, body bytea) returns text
    language plpgsql immutable parallel safe as $$
declare
    line text := agentcron.as_text(body);
    message jsonb;
begin
    if kind in ('text', 'check') then return line; end if;
    line := rtrim(line, E'\r\n');
    if kind <> 'message' then return line; end if;
    message := line;
    if message ->> 'type' = 'text' and jsonb_typeof(message -> 'text') = 'string' then
        return rtrim(message ->> 'text', E'\n') || E'\n';
    end if;
    return line;
exception when others then
    return line; -- no JSON that jsonb takes
end $$;
comment on function agentcron.log_text(text, bytea) is
    'A row of agentcron.output as text: what a text message of a jsonl agent says, other messages '
    'as their JSON, raw bytes as they are.';

create or replace view agentcron.task_log as
select o.task_id, o.run_no, o.seq, o.at, o.stream, o.kind,
       agentcron.log_text(o.kind, o.body) as text
from agentcron.output o;

comment on table agentcron.output is
    'What agents wrote, byte for byte: the bodies of the rows of one stream, in order, are what '
    'the attempt wrote to it. One row per message, chunks of what is none. Read it through the '
    'view task_log.';
