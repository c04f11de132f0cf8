#include "config/declarations.hpp"

namespace agentcron::config {

void read_settings(OpenFile& file, Declared& declared, Settings& settings) {
    for (const std::string key : {"database", "slots", "context", "workspaces"}) {
        if (const Node* value = file.top.value(key))
            declared.declare("setting", key, file, value->offset);
    }
    file.top.read("database", settings.database);
    file.top.read("slots", settings.slots);
    if (auto workspaces = file.top.object("workspaces"))
        workspaces->read_size("max_bytes", settings.workspaces_bytes_max);
    auto context = file.top.object("context");
    if (!context) return;
    context->read("database", settings.context.database);
    context->read("statement_timeout", settings.context.statement_timeout);
    context->read_size("max_size", settings.context.max_size);
    context->read_size("max_prompt", settings.context.max_prompt);
    if (context->value("statement_timeout") && settings.context.statement_timeout.count() < 1)
        context->fail("statement_timeout", "expected at least 1s");
}

} // namespace agentcron::config
