// The checker finds what it is for: the same events with and without the tokens that guard every
// write of an attempt. A worker is stopped for longer than its lease, another one takes its task
// over, then the first one wakes up with an agent that has ended meanwhile. Where the first one
// knew of the other, its agent was ended before the other's began.
#include "chaos/account.hpp"
#include "chaos/drive.hpp"
#include "chaos/tables.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <spdlog/fmt/fmt.h>

using namespace agentcron;
using chaos::comes;
namespace fs = std::filesystem;

namespace {

class TakeOver {
public:
    enum class Rival { comes_later, is_known };
    TakeOver(const fs::path& binary, const std::string& name, Rival rival = Rival::comes_later)
        : is_known_(rival == Rival::is_known)
        , keep_(fs::path(AGENTCRON_BINARY_DIR) / "chaos" / name)
        , site_({.keep = keep_, .binary = binary, .lease_s = 3, .with_standby = false}) {}

    std::vector<std::string> violations() {
        site_.start(0);
        const auto prompt = "lines=8 pause=0 until=" + (site_.directory() / "go-").string();
        task_ = std::stoll(
            site_.client().value(fmt::format("select agentcron.enqueue('teller', '{}', options => "
                                             "'{{\"retry\": {{\"attempts\": 3}}}}')",
                                             prompt)));
        REQUIRE(tells(1, 4));
        if (is_known_) {
            site_.start(1);
            REQUIRE(is_renewed());
        }
        chaos::Silence silence{"a", chaos::monotonic_now(), 0};
        site_.signal(0, SIGSTOP);
        if (!is_known_) site_.start(1);
        REQUIRE(tells(2, 4));
        let_go(1);
        if (!is_known_) REQUIRE(tells(1, 8)); // nobody has ended it
        site_.signal(0, SIGCONT);
        silence.to = chaos::monotonic_now();
        history_.silences.push_back(silence);
        // It has dealt with its agent's end, one way or another.
        REQUIRE(comes([&] {
            const auto log = site_.log_of(0);
            return log.find("lease lost") != std::string::npos ||
                   log.find("the lease was not renewed") != std::string::npos ||
                   log.find("task succeeded") != std::string::npos;
        }));
        let_go(2);
        REQUIRE(tells(2, 8));
        REQUIRE(comes([&] {
            return site_.client().value("select count(*) from agentcron.leases") == "0" &&
                   site_.processes().empty();
        }));
        history_.enqueued = {task_};
        chaos::end_and_read(site_, history_);
        return chaos::judge(history_, {.lease = 3'000'000, .fencing = is_known_}, keep_);
    }

private:
    // By a worker that has seen who else is there.
    bool is_renewed() {
        const auto until = site_.client().value("select max(lease_until) from agentcron.leases");
        return comes([&] {
            return site_.client().value("select max(lease_until) > '" + until +
                                        "'::timestamptz + interval '2 seconds' from "
                                        "agentcron.leases") == "t";
        });
    }
    // Whether an attempt's agent comes to have written so many lines.
    bool tells(int run, std::size_t lines) const {
        return comes([&] {
            const auto accounts = chaos::read_accounts(site_.accounts());
            const auto found = accounts.find({task_, run});
            return found != accounts.end() && found->second.out.size() >= lines;
        });
    }
    void let_go(int run) const {
        std::ofstream(site_.directory() / fmt::format("go-{}.{}", task_, run)).flush();
    }

    const bool is_known_;
    const fs::path keep_;
    chaos::Site site_;
    chaos::History history_;
    std::int64_t task_ = 0;
};

const fs::path build = AGENTCRON_BINARY_DIR;

} // namespace

TEST_CASE("a worker that sleeps past its lease harms nothing", "[chaos][fencing]") {
    const auto found = TakeOver(build / "agentcron", "take-over").violations();
    CAPTURE(found);
    CHECK(found.empty());
}

TEST_CASE("a worker that sleeps past its lease has no agent any more when another one starts",
          "[chaos][fencing]") {
    const auto found =
        TakeOver(build / "agentcron", "known-rival", TakeOver::Rival::is_known).violations();
    CAPTURE(found);
    CHECK(found.empty());
}

TEST_CASE("with fencing switched off the checker sees the harm", "[chaos][fencing]") {
    const auto found = TakeOver(build / "agentcron-unfenced", "unfenced").violations();
    CAPTURE(found);
    CHECK(std::any_of(found.begin(), found.end(), [](const auto& violation) {
        return violation.find("output of task 1 run 1 were written after its end") !=
               std::string::npos;
    }));
    fs::remove_all(build / "chaos" / "unfenced");
}
