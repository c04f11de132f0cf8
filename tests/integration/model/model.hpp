// The model: schedules as the test knows them, beside the same schedules in the system. What a tick
// has to make is predicted; what a claim started is judged by what was unfinished before it.
#pragma once

#include "integration/model/reference.hpp"
#include "integration/model/system.hpp"

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace agentcron::model {

// A schedule and what became of its due times.
struct Tracked {
    Rules rules;
    std::int64_t id = 0;
    std::optional<Second> cursor; // the first due time without a row
    // The newest due time with a row since the times were edited: none before it is due again.
    std::optional<Second> last_fire;
    bool paused = false;
    Second edited_at = 0; // its times; what lay before is no due time of these rules
    std::map<Second, std::set<Second>> rows; // by fire time: the due times that it stands for
    std::set<Second> dealt_with;             // due times that have their row
    // An edit or a resume while the clock was set back: due times come a second time, and one row
    // may cover what has its own.
    bool repeats = false;
};

// A task as the database has it.
struct TaskFacts {
    std::int64_t id = 0;
    std::int64_t schedule_id = 0; // 0: none
    std::string status;
    int run_no = 0;
    std::string trigger;
    std::string overlap;
    bool lost = false;
    Second run_at = 0;
    bool waits_turn = false; // held back for another task of its schedule
};

class Model {
public:
    explicit Model(std::uint64_t seed);

    void run(int steps); // random events, each followed by a look at everything
    // Everybody answers, everything ends well: nothing may be left over.
    void drain();
    // A new due time of every schedule runs to its end.
    void expect_life();

private:
    struct Expected {
        Tracked* schedule = nullptr;
        Owed row;
        std::string fate;
    };
    // Random numbers that are the same with every library.
    int below(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
    bool one_in(int count) { return below(count) == 0; }
    template <class T>
    const T& any(const std::vector<T>& of) {
        return of[static_cast<std::size_t>(below(static_cast<int>(of.size())))];
    }

    void declare(const Rules& rules);
    Rules random_rules(int number);

    void step();
    void move_clock();
    void end_one();
    void person_acts();
    void worker_acts();
    void edit_one();
    void ask_for_more(); // by hand, or a backfill
    void finish(std::int64_t task, int luck);
    void backfill(Tracked& schedule);
    void edit_times(Tracked& schedule);
    void discard_due(Tracked& schedule);
    void restore_cursor(Tracked& schedule);

    void tick(Who who, int claim_count = -1);
    std::vector<Expected> expect_rows();
    void expect_rows_of(Tracked& schedule, bool unplanned, std::int64_t runs,
                        std::vector<Open> open, std::vector<Expected>& expected);
    std::int64_t expect_rows_for(Tracked& schedule, const Debt& debt, std::vector<Open>& open,
                                 std::vector<Expected>& expected);
    void cover(Tracked& schedule, const Owed& row);
    void judge_rows(const std::vector<Expected>& expected, bool with_fates);
    void judge_cursors(bool with_claim);
    void note_backfilled();
    void judge_cover();

    std::vector<TaskFacts> unfinished();
    void claim(Who who, int count, bool wide);
    void judge_starts(const std::vector<TaskFacts>& before,
                      const std::vector<task::Claimed>& started);
    void judge_start(const TaskFacts& task, const std::vector<TaskFacts>& before);
    void judge_invariants();

    void note(std::string event) { history_.push_back(std::move(event)); }
    [[noreturn]] void fail(const std::string& what);
    Tracked& by_id(std::int64_t schedule_id);
    Second now() const { return system_.now(); }

    const std::uint64_t seed_;
    std::mt19937_64 random_;
    System system_;
    std::vector<Tracked> schedules_;
    std::vector<std::string> history_;
    int ticks_wanted_ = 0;       // until nothing is due any more
    std::int64_t last_task_ = 0; // newest row that was judged
    Second served_since_ = 0;
    Second latest_ = 0; // the latest that the clock ever said
};

} // namespace agentcron::model
