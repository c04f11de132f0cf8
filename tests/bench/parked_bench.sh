#!/bin/bash
# What tasks that wait for a person cost: agentcron with none and with many of them, side by side in
# one run. Of the daemon: memory, threads, files, children, transactions in an idle time. Of who
# comes: reading the inbox, an answer until the task's process runs again, a new task until its
# start. Each parked task has all the rows of a real one, reminders and input_timeout included.
#
#   tests/bench/parked_bench.sh [tasks] [idle seconds]      needs build/agentcron
set -euo pipefail
tasks=${1:-10000} idle_s=${2:-60}
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) && chmod 755 "$work" # as root, PostgreSQL runs as another user
export AGENTCRON_STATE_DIR=$work/state
daemon=
finish() {
  [[ -z $daemon ]] || { kill "$daemon" && wait "$daemon" || true; }
  rm -rf "$work"
}
trap finish EXIT

cat >"$work/agentcron.yaml" <<'YAML'
agents:
  asker:
    driver: jsonl
    command: [sh, -c, 'read task; echo "{\"type\":\"result\",\"result\":1}"']
schedules:
  ask:
    cron: "0 0 1 1 *"
    agent: asker
    while_waiting: allow
    overlap: allow
    input_timeout: 30d
    notify: {on: [waiting_for_input], command: ["true"], reminders: [7d]}
YAML

sql() { "$top/build/agentcron" sql -- -XqAt -v ON_ERROR_STOP=1 "$@"; }
until_true() {
  while [[ $(sql -c "$1") != t ]]; do :; done
}
server_ms() {
  sql -c "explain (analyze, timing off, summary on) $2" | sed -n "s/^ *Execution Time:/$1/p"
}
transactions() {
  sql -c "select xact_commit + xact_rollback from pg_stat_database
          where datname = current_database()"
}

park() {
  sql -v tasks="$tasks" <<'SQL'
with s as (select * from agentcron.schedules where name = 'ask'), made as (
    insert into agentcron.tasks (schedule_id, schedule, agent, fire_time, run_at, status, attempt,
                                 run_no, started_at, spec, watched, session_id, trigger)
    select s.id, s.name, s.agent, now() - n * interval '1 s', now() - n * interval '1 s',
           'waiting_for_input', 1, 1, now(), agentcron.task_spec(s, '{}'), true,
           gen_random_uuid(), 'schedule'
    from s, generate_series(1, :tasks) n returning id, schedule_id
), attempted as (
    insert into agentcron.attempts (task_id, run_no, attempt, token, worker_id, finished_at,
                                    outcome)
    select m.id, 1, 1, gen_random_uuid(), w.id, now(), 'parked'
    from made m, agentcron.workers w
), asked as (
    insert into agentcron.questions (task_id, run_no, native_id, kind, headline, body, options,
                                     fingerprint, schedule_id, deadline)
    select id, 1, 'q', 'choice', 'Which branch is task ' || id || ' for?', repeat('why? ', 100),
           '["main", "next"]', md5(id::text), schedule_id, now() + interval '30 days' from made
    returning id, task_id, deadline
)
insert into agentcron.alarms (at, kind, task_id, question_id)
    select deadline, 'input', task_id, id from asked;
update agentcron.outbox set due_at = null, delivered_at = now();
SQL
  # As after a while: not what the server does at once about so many new rows.
  sql -c 'vacuum analyze' -c checkpoint
}

measure() {
  local before after
  sleep 5
  before=$(transactions)
  sleep "$idle_s"
  after=$(transactions)
  echo "daemon memory        $(awk '/VmRSS/ {print $2}' "/proc/$daemon/status") KiB"
  echo "threads, files       $(ls "/proc/$daemon/task" | wc -l), $(ls "/proc/$daemon/fd" | wc -l)"
  echo "agents alive         $(pgrep -cf agentcron-shim.*"$work" || true)"
  echo "transactions idle    $((after - before)) in ${idle_s} s"
  echo "inbox rows           $(sql -c 'select count(*) from agentcron.inbox')"
  server_ms 'inbox, all of it     ' 'select * from agentcron.inbox'
  server_ms 'inbox, oldest 20     ' 'select * from agentcron.inbox order by asked_at limit 20'
  local ids=()
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    ids+=("$(sql -c "select agentcron.trigger_schedule('ask')")")
    until_true "select status = 'succeeded' from agentcron.tasks where id = ${ids[-1]}"
  done
  sql -v ids="$(IFS=,; echo "${ids[*]}")" <<'SQL'
select 'new task to start    ' || round((percentile_cont(0.5) within group
           (order by extract(epoch from started_at - created_at)) * 1000)::numeric, 1) || ' ms'
from agentcron.tasks where id in (:ids);
SQL
}

answer_some() {
  local id
  for id in $(sql -c 'select task_id from agentcron.inbox order by question_id limit 10'); do
    sql -c "select agentcron.answer($id, 'main')" >/dev/null
    until_true "select status = 'succeeded' from agentcron.tasks where id = $id"
  done
  sql <<'SQL'
select 'answer to process    ' || round((percentile_cont(0.5) within group
           (order by extract(epoch from a.started_at - q.closed_at)) * 1000)::numeric, 1) || ' ms'
from agentcron.questions q
join agentcron.attempts a on a.task_id = q.task_id and a.run_no = 2
where q.outcome = 'answered';
SQL
}

"$top/build/agentcron" up --config "$work/agentcron.yaml" 2>"$work/log" &
daemon=$!
until grep -q 'ready scheduler' "$work/log"; do
  kill -0 "$daemon" || { cat "$work/log"; exit 1; }
  sleep 0.1
done
echo "--- no parked task"
measure
park
echo "--- $tasks parked tasks"
measure
answer_some
