-- What `agentcron doctor` asks of the server: the connection, the role, what holds back cleaning.

-- name: doctor_server
select current_setting('server_version') as version,
       current_setting('server_version_num')::integer as version_num,
       pg_is_in_recovery() as standby,
       current_setting('transaction_read_only')::boolean as read_only,
       coalesce((select s.ssl from pg_stat_ssl s where s.pid = pg_backend_pid()), false) as ssl,
       coalesce(inet_server_addr() <<= '127.0.0.0/8' or inet_server_addr() = '::1', true) as local,
       current_user as role, current_database() as database

-- name: doctor_clock
select extract(epoch from clock_timestamp())::text as now

-- name: doctor_notify
-- To a channel of the doctor's own: nobody else listens there.
select pg_notify($1, 'heard')

-- name: doctor_sessions
select current_setting('max_connections')::integer
       - current_setting('superuser_reserved_connections')::integer
       - coalesce(current_setting('reserved_connections', true)::integer, 0) as available,
       (select count(*) from pg_stat_activity a where a.backend_type = 'client backend') as used

-- name: doctor_role
-- What a daemon of this role would be refused. Who makes partitions must own their table.
select current_user as role, n.nspowner::regrole::text as owner,
       case when not has_schema_privilege(n.oid, 'usage') then 'use the schema agentcron'
       else array_to_string(array(
           select 'read and write ' || c.relname from pg_class c
           where c.relnamespace = n.oid and c.relkind in ('r', 'p') and not c.relispartition
             and not (has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
                      and has_table_privilege(c.oid, 'update')
                      and has_table_privilege(c.oid, 'delete'))
           union all
           select 'read ' || c.relname from pg_class c
           where c.relnamespace = n.oid and c.relkind = 'v'
             and not has_table_privilege(c.oid, 'select')
           union all
           select 'call ' || p.proname from pg_proc p
           where p.pronamespace = n.oid and not has_function_privilege(p.oid, 'execute')
           union all
           select 'make partitions of output' from pg_class c
           where c.relnamespace = n.oid and c.relname = 'output'
             and not (pg_has_role(c.relowner, 'usage')
                      and has_schema_privilege(n.oid, 'create'))), ', ') end as refused
from pg_namespace n where n.nspname = 'agentcron'

-- name: doctor_context_role
select (select count(*) from agentcron.schedules s
        where s.context <> '{}' or jsonb_path_exists(s.steps, '$[*].context ? (@ != null)'))
           as users,
       r.rolname is not null as present, coalesce(r.rolcanlogin, false) as can_login,
       coalesce(r.rolsuper, false) as is_super,
       case when r.oid is not null
            then has_schema_privilege(r.oid, 'agentcron', 'usage') end as can_use,
       (select string_agg(c.relname::text, ', ' order by c.relname) from pg_class c
             where r.oid is not null and c.relnamespace = 'agentcron'::regnamespace
               and c.relkind in ('r', 'p') and not c.relispartition
               and (has_table_privilege(r.oid, c.oid, 'insert')
                    or has_table_privilege(r.oid, c.oid, 'update')
                    or has_table_privilege(r.oid, c.oid, 'delete'))) as writes
from (select) one left join pg_roles r on r.rolname = 'agentcron_context'

-- name: doctor_zones
-- The offsets of the zones in use as PostgreSQL's data has them, each day of the next two years.
select z.name, n.name is not null as known,
       (select array_to_string(array_agg(extract(epoch from
                    (d.at at time zone n.name) - (d.at at time zone 'UTC'))::integer
                    order by d.at), ' ')
        from generate_series($1::timestamptz, $1::timestamptz + interval '730 days',
                             interval '1 day') as d (at)
        where n.name is not null) as offsets
from (select distinct s.timezone as name from agentcron.schedules s order by 1 limit 100) z
left join pg_timezone_names n on n.name = z.name
order by z.name

-- name: doctor_partitions
select (select string_agg(to_char(d.day, 'YYYY-MM-DD'), ', ' order by d.day)
             from (select (clock_timestamp() at time zone 'UTC')::date + i as day, i
                   from generate_series(0, 4) as i) d
             where to_regclass('agentcron.output_' || to_char(d.day, 'YYYYMMDD')) is null
               and d.i <= $1::integer) as missing,
       count(c.oid) as partitions, min(c.relname) as oldest,
       pg_size_pretty(coalesce(sum(pg_total_relation_size(c.oid)), 0)) as size,
       string_agg(c.relname::text, ', ') filter (where i.inhdetachpending) as detaching
from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'agentcron.output'::regclass

-- name: doctor_vacuum
-- The tables whose rows come and go, or change often: dead rows are what makes claims slow.
select c.relname as name, s.n_live_tup as live, s.n_dead_tup as dead,
       round(extract(epoch from clock_timestamp()
                                - greatest(s.last_vacuum, s.last_autovacuum))) as vacuumed_s,
       current_setting('autovacuum')::boolean
           and not coalesce('autovacuum_enabled=false' = any(c.reloptions), false) as automatic
from pg_stat_user_tables s join pg_class c on c.oid = s.relid
where s.schemaname = 'agentcron'
  and s.relname in ('ready', 'held', 'leases', 'alarms', 'chains', 'walls', 'tasks', 'attempts',
                    'outbox', 'schedules', 'workers', 'schedulers', 'questions')
order by s.n_dead_tup desc

-- name: doctor_horizon
-- Who keeps dead rows from being removed, for at least $1 seconds: transactions of this database,
-- standbys that send feedback, prepared transactions, replication slots.
select 'session' as kind, a.pid::text as name, a.usename::text as owner,
       coalesce(nullif(a.application_name, ''), a.backend_type) as program, a.state,
       round(extract(epoch from clock_timestamp() - a.xact_start)) as age_s
from pg_stat_activity a
where (a.backend_xmin is not null or a.backend_xid is not null) and a.pid <> pg_backend_pid()
  and (a.datname = current_database() and a.backend_type = 'client backend'
       or a.backend_type = 'walsender')
  and a.xact_start <= clock_timestamp() - make_interval(secs => $1::float8)
union all
select 'prepared', p.gid, p.owner::text, '', 'prepared',
       round(extract(epoch from clock_timestamp() - p.prepared))
from pg_prepared_xacts p
where p.database = current_database()
  and p.prepared <= clock_timestamp() - make_interval(secs => $1::float8)
union all
select 'slot', s.slot_name::text, '', pg_size_pretty(pg_wal_lsn_diff(
           case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                else pg_current_wal_lsn() end,
           s.restart_lsn)), s.wal_status, null
from pg_replication_slots s
where not s.active and s.restart_lsn is not null
order by age_s desc nulls last limit 20

-- name: doctor_limits
select age(d.datfrozenxid) as xid_age, mxid_age(d.datminmxid) as mxid_age,
       current_setting('autovacuum_freeze_max_age')::bigint as xid_goal,
       current_setting('autovacuum_multixact_freeze_max_age')::bigint as mxid_goal,
       pg_notification_queue_usage() as notification_use
from pg_database d where d.datname = current_database()
