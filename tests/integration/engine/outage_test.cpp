// PostgreSQL that goes away again and again while agents run.
#include "integration/engine/engine_run.hpp"
#include "support/catch.hpp"

#include <spdlog/fmt/fmt.h>

namespace agentcron::engine {

TEST_CASE("a database that goes away again and again costs running agents nothing",
          "[integration][engine]") {
    EngineRun run;
    run.agent("prints", "command",
              "echo x >> starts; i=0; while [ ! -e go ]; do echo line $i; i=$((i+1)); sleep 0.01; "
              "done; echo $i > printed.$AGENTCRON_TASK_ID");
    run.start_worker();
    const auto one = run.enqueue("prints"), two = run.enqueue("prints");
    for (int outage = 0; outage < 6; ++outage) {
        const auto rows = run.database.value("select count(*) from agentcron.output");
        run.until_value("select count(distinct task_id) = 2 and count(*) > " + rows +
                            " + 2 from agentcron.output",
                        "t");
        run.database.cut_off();
        run.database.let_in();
    }
    run.write("go", "");
    for (const auto task : {one, two}) {
        run.until_status(task, "succeeded");
        CHECK(run.task(task, "run_no || '/' || attempt") == "1/1");
        const int printed = std::stoi(run.file(fmt::format("printed.{}", task)));
        std::string expected;
        for (int i = 0; i < printed; ++i) expected += fmt::format("line {}\n", i);
        CHECK((run.output(task) == expected));
    }
    CHECK(run.file("starts") == "x\nx\n");
    CHECK(run.database.value("select count(*) from agentcron.attempts") == "2");
}

} // namespace agentcron::engine
