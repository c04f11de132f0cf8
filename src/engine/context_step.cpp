#include "engine/context_step.hpp"

#include "base/timestamps.hpp"

#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {
namespace {

constexpr const char* context_file = "context.json";

} // namespace

void ContextStep::start(Prepared& prepared, std::function<void()> changed) {
    prepared_ = &prepared;
    changed_ = std::move(changed);
    auto values = values_of(claimed_, resolved_);
    if (!values) return fail(task::Reason::spawn, values.error());
    // What is not known is null to a query.
    values->fire_time = claimed_.fire_time ? base::to_rfc3339(*claimed_.fire_time) : "";
    values->last_success_at =
        claimed_.last_success_at ? base::to_rfc3339(*claimed_.last_success_at) : "";
    std::vector<task::ContextQuery> queries;
    for (const auto& [name, text] : resolved_.spec.context) {
        auto query = task::bind_query(text, *values);
        if (!query)
            return fail(task::Reason::spawn,
                        fmt::format("context: {}: {}", name, query.error().message));
        queries.push_back({name, std::move(*query)});
    }
    if (!settings_.context) return fail(task::Reason::spawn, "this worker runs no queries");
    reading_ = settings_.context->read(std::move(queries), [this](task::ContextStore::Rows rows) {
        if (rows)
            take(*rows);
        else
            fail(task::Reason::context, rows.error());
        changed_();
    });
}

void ContextStep::take(const std::vector<std::string>& rows) {
    std::string object;
    std::size_t at = 0;
    for (const auto& [name, text] : resolved_.spec.context) {
        object += fmt::format("{}{}:{}", object.empty() ? "{" : ",\n",
                              boost::json::serialize(boost::json::string(name)), rows[at]);
        prepared_->values.context[name] = rows[at++];
    }
    std::size_t in_prompt = 0;
    for (const auto& name : task::context_in(resolved_.spec.prompt))
        if (const auto found = prepared_->values.context.find(name);
            found != prepared_->values.context.end())
            in_prompt += found->second.size();
    if (in_prompt > settings_.context_prompt_max)
        return fail(task::Reason::context,
                    fmt::format("context gives the prompt {} bytes, more than the {} of `context: "
                                "{{max_prompt: ...}}`; select less, or let the agent read the file "
                                "$AGENTCRON_CONTEXT_FILE",
                                in_prompt, settings_.context_prompt_max));
    prepared_->context = object + "}";
    prepared_->files.push_back({context_file, prepared_->context});
    prepared_->variables.emplace_back(
        "AGENTCRON_CONTEXT_FILE",
        std::filesystem::absolute(resolved_.run_directory / context_file).string());
    has_ended_ = true;
}

void ContextStep::fail(task::Reason reason, std::string words) {
    reason_ = reason;
    failure_ = std::move(words);
    has_ended_ = true;
}

void ContextStep::kill() {
    reading_.reset();
    has_ended_ = true;
    boost::asio::post(loop_, changed_);
}

} // namespace agentcron::engine
