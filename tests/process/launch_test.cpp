#include "process/run_fixture.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/resource.h>

namespace agentcron::process {
namespace {

// The soft limit of open descriptors, which the shim and the agent inherit.
class DescriptorLimit {
public:
    explicit DescriptorLimit(rlim_t descriptors) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const rlimit limited{descriptors, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &limited) == 0);
    }
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

int lowest_free_descriptor() {
    const base::UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    return fd.get();
}

} // namespace

TEST_CASE("fifty agents run at once", "[process]") {
    RunFixture run;
    constexpr std::size_t agents = 50;
    std::vector<std::unique_ptr<AgentProcess>> processes(agents);
    std::vector<std::string> output(agents);
    std::vector<int> exit_codes(agents, -1);
    std::size_t ready = 0, ended = 0;
    for (std::size_t i = 0; i < agents; ++i) {
        LaunchSpec spec = run.shell("echo ready; read code; exit $code");
        spec.run_directory += std::to_string(i);
        spec.stdin_stays_open = true;
        auto launched =
            AgentProcess::launch(run.loop, spec,
                                 {[&, i] {
                                      for (const Frame& frame : processes[i]->read(1000))
                                          if (frame.stream == Stream::out) output[i] += frame.bytes;
                                      ready = static_cast<std::size_t>(
                                          std::count(output.begin(), output.end(), "ready\n"));
                                  },
                                  [&, i](const ExitRecord& record) {
                                      exit_codes[i] = record.exit_code.value_or(-2);
                                      ++ended;
                                  }});
        REQUIRE(launched.has_value());
        processes[i] = std::move(*launched);
    }
    run.until([&] { return ready == agents; }); // so all of them live at the same time
    for (std::size_t i = 0; i < agents; ++i) processes[i]->feed(std::to_string(i) + "\n");
    run.until([&] { return ended == agents; });
    for (std::size_t i = 0; i < agents; ++i) CHECK(exit_codes[i] == static_cast<int>(i));
}

TEST_CASE("a process may be destroyed inside its own callback", "[process]") {
    RunFixture run;
    bool ended = false;
    std::unique_ptr<AgentProcess> process;
    auto launched = AgentProcess::launch(run.loop, run.shell("echo x"),
                                         {[] {},
                                          [&](const ExitRecord&) {
                                              process.reset();
                                              ended = true;
                                          }});
    REQUIRE(launched.has_value());
    process = std::move(*launched);
    run.until([&] { return ended; });
}

TEST_CASE("a run directory may have a very long path and spaces", "[process]") {
    std::string name = "with space";
    for (int i = 0; i < 8; ++i) name += "/" + std::string(200, 'd');
    RunFixture run(name);
    LaunchSpec spec = run.spec({"cat"});
    spec.stdin_stays_open = true;
    run.launch(spec);
    run.process->feed("through the socket");
    run.until_output("through the socket");
    run.drop();
    run.adopt(0);
    run.process->close_stdin();
    CHECK(run.finish().exit_code == 0);
}

TEST_CASE("a run directory that exists is not taken over", "[process]") {
    RunFixture run;
    std::filesystem::create_directory(run.run_directory);
    const auto launched = run.try_launch(run.shell("true"));
    REQUIRE_FALSE(launched.has_value());
    CHECK(launched.error().stage == "run_directory");
    CHECK(launched.error().error == EEXIST);
    CHECK(std::filesystem::exists(run.run_directory));
}

TEST_CASE("a missing shim is named, and leaves no directory behind", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("true");
    spec.shim = "/no/such/shim";
    const auto launched = run.try_launch(spec);
    REQUIRE_FALSE(launched.has_value());
    CHECK(launched.error().message() == "spawn: No such file or directory (2): /no/such/shim");
    CHECK_FALSE(std::filesystem::exists(run.run_directory));
}

TEST_CASE("what cannot be passed to a program is refused", "[process]") {
    RunFixture run;
    for (const auto& argv : {std::vector<std::string>{}, {"echo", std::string("a\0b", 3)}}) {
        const auto launched = run.try_launch(run.spec(argv));
        REQUIRE_FALSE(launched.has_value());
        CHECK(launched.error().stage == "spec");
        CHECK(launched.error().error == EINVAL);
        CHECK_FALSE(std::filesystem::exists(run.run_directory));
    }
}

TEST_CASE("files of a launch stand in the run directory before the agent starts", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("cat \"$HERE/results.json\"; stat -c %a \"$HERE/results.json\"");
    spec.env.push_back("HERE=" + run.run_directory.string());
    spec.files = {{"results.json", std::string(100'000, 'x')}};
    run.launch(spec);
    run.finish();
    const auto text = run.text(Stream::out);
    CHECK(text.substr(0, 100'000) == spec.files[0].bytes);
    CHECK(text.substr(100'000) == "600\n");
}

TEST_CASE("a launch whose files cannot be written leaves nothing", "[process]") {
    RunFixture run;
    LaunchSpec spec = run.shell("true");
    spec.files = {{"a", "1"}, {"no/such/place", "2"}};
    const auto launched = run.try_launch(spec);
    REQUIRE_FALSE(launched.has_value());
    CHECK(launched.error().stage == "file");
    CHECK(launched.error().error == ENOENT);
    CHECK_FALSE(std::filesystem::exists(run.run_directory));
}

TEST_CASE("a full table of descriptors fails cleanly at every step", "[process]") {
    RunFixture warm; // makes what lives once per loop
    warm.launch(warm.shell("true"));
    warm.finish();
    const int first_free = lowest_free_descriptor();
    int failed = 0, in_shim = 0, ran = 0;
    for (int more = 0; more < 24; ++more) {
        RunFixture run;
        auto launched = [&] {
            const DescriptorLimit limit(static_cast<rlim_t>(first_free + more));
            return AgentProcess::launch(warm.loop, run.shell("true"),
                                        {[] {}, [&](const ExitRecord& end) { run.exited = end; }});
        }();
        if (!launched) {
            ++failed;
            CHECK(launched.error().error == EMFILE);
            CHECK_FALSE(std::filesystem::exists(run.run_directory));
            continue;
        }
        warm.until([&] { return run.exited.has_value(); });
        CHECK((run.exited->stage == "ran" || run.exited->stage == "pipe"));
        run.exited->stage == "ran" ? ++ran : ++in_shim;
    }
    INFO(failed << " failed here, " << in_shim << " in the shim, " << ran << " ran");
    CHECK(failed > 0);
    CHECK(ran > 0);
    CHECK(lowest_free_descriptor() == first_free);
}

TEST_CASE("a launch leaves descriptors for those who run", "[process]") {
    RunFixture warm;
    warm.launch(warm.shell("true"));
    warm.finish();
    RunFixture run;
    const DescriptorLimit limit(static_cast<rlim_t>(lowest_free_descriptor() + 18));
    const auto launched = run.try_launch(run.shell("true"));
    REQUIRE_FALSE(launched.has_value());
    CHECK(launched.error().stage == "descriptors");
    CHECK(launched.error().error == EMFILE);
    CHECK_FALSE(std::filesystem::exists(run.run_directory));
}

TEST_CASE("an agent that is to end without a free descriptor ends when there is one", "[process]") {
    RunFixture run;
    run.launch(run.shell("echo up; exec sleep 1000"));
    run.until_output("up");
    {
        const DescriptorLimit limit(static_cast<rlim_t>(lowest_free_descriptor()));
        run.process->terminate(base::Millis(5000));
    }
    CHECK(run.finish().signal == SIGTERM);
}

} // namespace agentcron::process
