// The commands, each in the file of its name. Each adds itself to `app`: options, help with
// examples, and its action in `invocation`.
#pragma once

#include "cli/invocation.hpp"

namespace agentcron::cli {

void add_answer(CLI::App& app, Invocation& invocation);
void add_apply(CLI::App& app, Invocation& invocation);
void add_ask(CLI::App& app, Invocation& invocation);
void add_backfill(CLI::App& app, Invocation& invocation);
void add_cancel(CLI::App& app, Invocation& invocation);
void add_check(CLI::App& app, Invocation& invocation);
void add_check_agent(CLI::App& app, Invocation& invocation);
void add_continue(CLI::App& app, Invocation& invocation);
void add_doctor(CLI::App& app, Invocation& invocation);
void add_import_crontab(CLI::App& app, Invocation& invocation);
void add_inbox(CLI::App& app, Invocation& invocation);
void add_list(CLI::App& app, Invocation& invocation);
void add_logs(CLI::App& app, Invocation& invocation);
void add_mcp(CLI::App& app, Invocation& invocation);
void add_migrate(CLI::App& app, Invocation& invocation);
void add_next(CLI::App& app, Invocation& invocation);
void add_pause(CLI::App& app, Invocation& invocation);
void add_resume(CLI::App& app, Invocation& invocation);
void add_resume_cmd(CLI::App& app, Invocation& invocation);
void add_retry(CLI::App& app, Invocation& invocation);
void add_schema(CLI::App& app, Invocation& invocation);
void add_send(CLI::App& app, Invocation& invocation);
void add_show(CLI::App& app, Invocation& invocation);
void add_sql(CLI::App& app, Invocation& invocation);
void add_trigger(CLI::App& app, Invocation& invocation);
void add_up(CLI::App& app, Invocation& invocation); // also `scheduler` and `worker`
void add_upcoming(CLI::App& app, Invocation& invocation);
void add_why(CLI::App& app, Invocation& invocation);
void add_workspaces(CLI::App& app, Invocation& invocation);

} // namespace agentcron::cli
