-- What applies migrations/*.sql. These run before the schema is there.

-- name: migration_lock
-- Any number that no other program on this database uses: "agentcro" in ASCII.
select pg_advisory_xact_lock(7017561925553615471)

-- name: migrations_table
create schema if not exists agentcron;
create table if not exists agentcron.schema_migrations (
    version    integer primary key,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null default clock_timestamp()
);

-- name: has_migrations_table
select to_regclass('agentcron.schema_migrations') is not null

-- name: applied_migrations
select version, checksum from agentcron.schema_migrations

-- name: record_migration
-- First of a migration's writes: of two rivals the second one fails here, before any harm.
insert into agentcron.schema_migrations (version, name, checksum) values ($1, $2, $3)

-- name: has_database
select from pg_database where datname = 'agentcron'

-- name: create_database
create database agentcron
