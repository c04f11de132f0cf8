#include "integration/model/invariants.hpp"

namespace agentcron::model {
namespace {

// Where each task stands: one place in the queue, one lease, one living attempt, or none.
constexpr const char* standing_sql = R"(
        with places as (
            select task_id, turn_at, schedule_id from agentcron.ready union all
            select task_id, turn_at, schedule_id from agentcron.held
        )
        select format('task %s is %s and has %s places in the queue', t.id, t.status,
                      count(p.task_id))
        from agentcron.tasks t left join places p on p.task_id = t.id
        where t.status = 'queued' or t.status = 'blocked' and t.reason <> 'upstream'
        group by t.id having count(p.task_id) <> 1
        union all
        select format('task %s is %s and has a place in the queue', t.id, t.status)
        from agentcron.tasks t join places p on p.task_id = t.id
        where t.status not in ('queued', 'blocked')
        union all
        select format('task %s stands at %s in the queue, not at %s', t.id, p.turn_at,
                      agentcron.turn_at(t.run_at, t.priority))
        from agentcron.tasks t join places p on p.task_id = t.id
        where p.turn_at <> agentcron.turn_at(t.run_at, t.priority)
           or p.schedule_id is distinct from t.schedule_id
        union all
        select format('task %s is %s and has %s leases, %s living attempts, %s open questions',
                      t.id, t.status, x.leases, x.attempts, x.questions)
        from agentcron.tasks t, lateral (
            select (select count(*) from agentcron.leases l where l.task_id = t.id) as leases,
                   (select count(*) from agentcron.attempts a
                    where a.task_id = t.id and a.finished_at is null) as attempts,
                   (select count(*) from agentcron.questions q
                    where q.task_id = t.id and q.outcome is null) as questions) x
        where case t.status
              when 'running' then (x.leases, x.attempts, x.questions) <> (1, 1, 0)
              when 'waiting_for_input' then x.leases <> x.attempts or x.leases > 1
                  or x.questions = 0 and x.leases = 0
              else x.leases + x.attempts + x.questions > 0 end
        union all
        select format('lease of task %s is not that of its living attempt', l.task_id)
        from agentcron.leases l where not exists (
            select from agentcron.attempts a where a.task_id = l.task_id and a.run_no = l.run_no
                and a.token = l.token and a.finished_at is null)
        union all
        select format('task %s is %s/%s because of "%s", task %s', t.id, t.status, t.reason,
                      t.message, t.because_of)
        from agentcron.tasks t
        where t.status = 'skipped' and coalesce(t.message, '') = ''
           or (t.reason in ('overlap', 'open_question', 'replaced') and not exists (
               select from agentcron.tasks o where o.id = t.because_of and o.id <> t.id
                   and o.schedule_id = t.schedule_id)))";

// What the limits allow.
constexpr const char* limits_sql = R"(
        select format('group %s has %s leases of %s', l.concurrency_group, count(*),
                      min(s.concurrency_limit))
        from agentcron.leases l join agentcron.schedules s on s.id = l.schedule_id
        where s.concurrency_group is not null
        group by l.concurrency_group having count(*) > min(s.concurrency_limit)
        union all
        select format('agent %s has %s leases of %s', a.name, count(*), a.max_concurrent)
        from agentcron.leases l join agentcron.agents a on a.name = l.agent
        group by a.name, a.max_concurrent having count(*) > a.max_concurrent
        union all
        select format('%s tasks of schedule %s wait their turn, at most %s may', count(*), s.name,
                      s.queue_max)
        from agentcron.held h join agentcron.tasks t on t.id = h.task_id
        join agentcron.schedules s on s.id = t.schedule_id
        where s.overlap = 'queue_all' and h.key like 'schedule:%' and t.trigger = 'schedule'
            and t.run_no = 0
        group by s.id having count(*) > s.queue_max
        union all
        select format('schedule %s has %s runs, not %s', s.name, s.runs, count(t.id))
        from agentcron.schedules s left join agentcron.tasks t on t.schedule_id = s.id
            and t.trigger in ('schedule', 'catch_up') and t.status <> 'skipped'
            and not (t.reason = 'replaced' and t.run_no = 0)
        where s.max_runs is not null group by s.id having s.runs < count(t.id)
        union all
        select format('schedule %s ran %s times of %s', s.name, count(t.id), s.max_runs)
        from agentcron.schedules s join agentcron.tasks t on t.schedule_id = s.id
            and t.trigger in ('schedule', 'catch_up') and t.status <> 'skipped'
            and not (t.reason = 'replaced' and t.run_no = 0)
        where s.max_runs is not null group by s.id having count(t.id) > s.max_runs)";

} // namespace

std::vector<std::string> violations(support::TestDatabase& database) {
    std::vector<std::string> found;
    for (const auto* sql : {standing_sql, limits_sql})
        for (const auto& row : database.rows(sql)) found.push_back(row.at(0));
    return found;
}

} // namespace agentcron::model
