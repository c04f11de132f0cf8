// What an attempt needs of storage for its `context`: queries in, rows as JSON out. Implemented by
// db/. Loop thread only; nothing here blocks it.
#pragma once

#include "base/result.hpp"
#include "task/prompt.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace agentcron::task {

struct ContextQuery {
    std::string name;
    BoundQuery query;
};

class ContextStore {
public:
    // A JSON list of row objects for each query, in their order; or, for people, which query failed
    // and how.
    using Rows = base::Result<std::vector<std::string>, std::string>;

    virtual ~ContextStore() = default;
    // All of them see the database at one moment. `then` comes on the loop, unless the handle was
    // dropped before: nobody waits for them any more.
    virtual std::shared_ptr<void> read(std::vector<ContextQuery> queries,
                                       std::function<void(Rows)> then) = 0;
};

} // namespace agentcron::task
