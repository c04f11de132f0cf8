// One attempt from its claim to its end. Reads top to bottom in attempt_start.cpp, attempt.cpp and
// attempt_end.cpp, what people do in attempt_people.cpp:
//
// | start    | what the claim says is read                                                     |
// | prepare  | what the agent needs is made, step by step; a failure ends the task: spawn     |
// | launch   | the shim is started, or that fails with reason spawn; if only the machine      |
// |          | lacks something, the task is given back                                        |
// | readable | spool -> driver -> events -> output rows, only as fast as the store takes them |
// | question | stored, the slot is freed, the process held; after `hold` it is ended and the  |
// |          | task parked                                                                    |
// | signal   | an answer or a message goes in-band; a cancel ends the process                 |
// | stop_for | a limit is reached (timeout, total_timeout, stall_timeout, input_timeout, a    |
// |          | budget): the process is ended, by its protocol where that can, else by signals |
// | exited   | the spool is drained, the driver's verdict asked for, the output stored        |
// | check    | after a good end the task's check runs, if it has one; its output is stored    |
// | conclude | finish (perhaps with a retry), park, or give back, by the lease's token        |
//
// What the driver is told besides the agent's output is in the journal before it is done. So the
// next daemon can take the attempt over (attempt_takeover.cpp), whether this one left it (detach)
// or died.
//
// Requests only set what is wanted and act on the process; the end is decided in one place,
// conclude(), once the process is gone and its output is stored. Loop thread only.
#pragma once

#include "agent/driver.hpp"
#include "engine/active_timer.hpp"
#include "engine/hook.hpp"
#include "engine/journal.hpp"
#include "engine/launch_plan.hpp"
#include "engine/lease_guard.hpp"
#include "engine/output_buffer.hpp"
#include "engine/preparation.hpp"
#include "engine/remains.hpp"
#include "engine/stall_timer.hpp"
#include "engine/started.hpp"
#include "engine/workspaces.hpp"
#include "process/agent_process.hpp"
#include "task/outcome.hpp"
#include "task/task_store.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace agentcron::engine {

class Attempt : public std::enable_shared_from_this<Attempt> {
public:
    struct Host {
        boost::asio::io_context& loop;
        task::TaskStore& store;
        Workspaces& workspaces;
        const LaunchSettings& settings;
        StartProcess start_process;
        ResumeRequest resume_request;
        std::function<double()> random;                    // uniform in [0, 1)
        std::function<void(const Attempt&)> slots_changed; // it took or freed its slot
        // Its agent was seen to run; or it is given back, for the machine could not start it.
        std::function<void()> could_start;
        std::function<void(const std::string& why)> could_not_start;
        // Something of it that a scheduler acts on is stored: an end, a question with a deadline.
        std::function<void()> noted;
        std::function<void(const task::Lease&)> closed; // last
    };

    Attempt(Host host, task::Claimed claimed);
    Attempt(Host host, Remains remains);

    // One of these, first.
    void start();
    struct NotTakenOver {
        std::string why;
        // Its shim does not answer: it may be stopped, or the disk full. Or this machine lacks
        // something.
        bool is_for_now = false;
    };
    // nullopt, or why it cannot be: then its process is not touched.
    std::optional<NotTakenOver> take_over();

    void signal(const task::Signal& signal);
    void lease_renewed(const task::LeaseTerm& term);
    void lease_lost(); // another attempt may own the task: kill, and write nothing more
    void shut_down();  // end politely; the task is queued again, or parked if it waits
    // Leaves the agent to the next start, if it can be taken over then; else false, and all goes
    // on.
    bool detach();
    void kill();    // the process, at once; the end is recorded as for any other
    void abandon(); // does nothing more; its agent lives on. Not from inside its own call

    const task::Lease& lease() const { return claimed_.lease; }
    const std::vector<std::string>& keys() const { return claimed_.keys; }
    bool holds_slot() const { return !closed_ && open_questions_.empty(); }
    bool has_run() const { return seen_running_; } // its agent

private:
    std::optional<task::Outcome> over_before_start() const;
    std::vector<std::unique_ptr<PreparationStep>> steps();
    base::Result<Started, process::LaunchError> adopt_process(const LaunchPlan& plan);
    void count_time();
    void make_timers();
    void prepare();
    void prepared();
    void launch();
    void retell();
    void retell(const JournalEntry& entry);
    void retold();
    void note(JournalEntry entry);
    void drop_torn_journal();
    std::string facts() const;
    void set_facts(std::string_view text);
    void spool_grew();
    void readable();
    void read_agent();
    void take_frame(const process::Frame& frame);
    void take_event(agent::Output& output);
    void take_event(agent::Question& question);
    void take_event(agent::Withdrawn& withdrawn);
    void take_event(agent::SessionStarted& session);
    void take_event(agent::Usage& usage);
    void take_event(agent::Progress& progress);
    void take_event(agent::Result& result);
    void take_events(std::vector<agent::Event>& events);
    void feed(const agent::Feed& feed);

    void take_answer(const task::Signal::Answer& answer);
    void take_message(const task::Signal::Message& message);
    void deliver(const task::Signal::Answer& answer);
    void deliver(const task::Signal::Message& message);
    void question_closed(const std::string& stored_name);
    void count_active_time(bool active);
    void hold_for(base::Millis time);
    void keep_budgets();
    void lease_may_end();
    void tell_shim_of_lease();
    void hold_is_over();
    void silent(StallTimer::Clock::duration silence);
    void stop_for(task::Ending::Limit limit);
    void end_process();
    void terminate_later();
    bool is_over() const; // nothing of it runs any more
    void seen_running();

    std::uint64_t backlog() const;
    void tell_shim_of_stored(std::uint64_t offset);
    void flush_soon();
    void flush();
    void exited(const process::ExitRecord& record);
    void conclude_when_stored();
    void start_check();
    void conclude(const task::Outcome& outcome);
    task::Ending ending() const;
    task::Ending ending_before_launch() const;
    std::string usage_json() const;
    void finish(const task::Outcome& outcome);
    void park();
    void ask_after_loss(const std::string& why);
    void give_back(const std::string& why, bool session_is_gone = false);
    void close();
    void release();

    // What an earlier daemon's driver was told, on its way to ours.
    struct Retelling {
        Remains remains;
        agent::Brief brief{};
        std::size_t next = 0;  // entry of the journal
        base::Millis spent{0}; // active time until `since`
        base::Millis since{0}; // the last change between idle and active
        bool is_active = true;
        std::optional<process::ExitRecord> exit{}; // came meanwhile
        base::Instant heard_at{};                  // of the last frame
    };

    Host host_;
    task::Claimed claimed_;
    Resolved resolved_;
    const task::Spec& spec_ = resolved_.spec;
    const agent::Profile& profile_ = resolved_.profile;
    const std::unique_ptr<agent::Driver>& driver_ = resolved_.driver;
    std::shared_ptr<Preparation> preparation_;
    std::optional<task::Signal> signal_meanwhile_; // the last one that came before the launch
    std::optional<task::Outcome> unlaunched_;      // decided without an agent
    std::unique_ptr<process::AgentProcess> process_;
    std::filesystem::path process_directory_; // the process's own, to be removed after it

    std::optional<process::LaunchSpec> check_launch_;
    std::shared_ptr<Hook> check_;

    base::Millis begun_{0}; // base::since_boot() when its time began to count
    std::optional<ActiveTimer> active_time_;
    std::optional<StallTimer> stall_time_;
    LeaseGuard lease_guard_;
    boost::asio::steady_timer total_timer_;
    boost::asio::steady_timer hold_timer_;
    boost::asio::steady_timer linger_timer_;
    boost::asio::steady_timer polite_end_timer_;
    boost::asio::steady_timer flush_timer_;

    std::optional<Journal> journal_; // none: it cannot be taken over
    std::optional<Retelling> retelling_;
    std::uint64_t stored_to_ = 0;    // output before it is in the store
    std::uint64_t reclaimed_to_ = 0; // the shim knows that what stands before it is stored
    std::uint64_t fed_before_ = 0;   // so much of what is fed has been

    OutputBuffer output_;
    std::uint64_t spool_offset_ = 0;
    bool flush_armed_ = false;
    bool writing_output_ = false;
    bool seen_running_ = false;

    // Stored name -> the agent's own. An agent may use a name again for a new question; the table's
    // key may not.
    std::map<std::string, std::string> open_questions_;
    std::map<std::string, int> names_used_;
    std::set<std::int64_t> answers_taken_;    // question ids; a look for signals may repeat them
    std::set<std::int64_t> messages_taken_;   // message ids
    std::optional<agent::Progress> progress_; // that is not stored yet
    std::optional<agent::Result> result_;
    agent::Usage usage_;
    std::string over_budget_;
    std::optional<std::string> session_id_;

    std::optional<process::ExitRecord> exit_;
    bool output_ended_ = false;
    task::Ending::Limit limit_ = task::Ending::Limit::none;
    base::Seconds silent_for_{0};
    bool parking_ = false;     // told to end while its questions stay open
    bool told_to_end_ = false; // by its protocol, perhaps before any signal
    bool cancel_requested_ = false;
    task::Reason cancel_reason_ = task::Reason::user;
    bool shutting_down_ = false;
    bool lingered_ = false;   // ended by us after its result
    bool lease_over_ = false; // told to end because it could not be renewed
    bool lost_ = false;
    bool concluding_ = false;
    bool closed_ = false;
};

} // namespace agentcron::engine
