// One thread of Codex's app-server, from the client's side: it is started or resumed, and then one
// turn follows another until nobody has anything more to say. Bytes that go to the server pile up
// here until somebody takes them. Which events come out depends on what the server said; ids of
// requests that every leg makes are fixed, so a replay understands the responses.
#pragma once

#include "agent/codex_end.hpp"
#include "agent/json_rpc.hpp"

#include <map>
#include <set>

namespace agentcron::agent::codex {

class Thread {
public:
    void greet(); // first
    // The thread is opened as soon as the greeting was answered, which may have been before.
    void begin(const Brief& brief);

    // Responses to this client's requests.
    void take_result(const json_rpc::Message& message, std::vector<Event>& events);
    void take_error(const json_rpc::Message& message, std::vector<Event>& events);
    // Notifications about this thread's turns; `turn` is the object that they carry.
    void turn_started(const boost::json::object& turn);
    void turn_completed(const boost::json::object& turn, base::Instant now,
                        std::vector<Event>& events);
    void agent_said(std::string text) { last_message_ = std::move(text); }

    // Whether a notification with this threadId is about this thread, not about a helper of it.
    bool is(std::string_view thread_id) const { return thread_id == thread_id_; }
    bool has_turn() const { return !turn_id_.empty(); }
    bool has_opened() const { return !thread_id_.empty(); }
    bool has_begun() const { return has_turn() || !over_id_.empty(); }
    const std::optional<End>& end() const { return end_; }
    // Why the thread of an earlier leg or task could not be resumed; "" = it could, or none was.
    const std::string& session_lost() const { return session_lost_; }

    // Words for the agent: into the turn that runs, else into the next one. False: no more.
    bool say(std::string_view text);
    // What was said is dropped, and no turn follows. False where no turn runs: then stdin closes.
    bool interrupt();

    void write(std::string bytes) { to_write_ += bytes; }
    std::string take_bytes() { return std::exchange(to_write_, {}); }
    bool takes_no_more() const { return wants_close_; }

private:
    void open_thread();
    void start_thread(std::int64_t id);
    void resume_thread();
    void start_turn();
    void steer(const std::string& text);
    void turn_is(const boost::json::object& turn);
    void fail(std::string words, std::vector<Event>& events,
              std::optional<Limit> limit = std::nullopt);
    void settle(std::vector<Event>& events);

    std::string session_id_;
    std::string cwd_;
    std::string words_anew_; // for a thread that could not be resumed
    bool may_begin_anew_ = true;
    std::string session_lost_;
    std::vector<std::string> to_say_;
    std::string thread_id_;
    std::string turn_id_; // "" while none runs
    std::string over_id_; // of the turn that ended last
    std::int64_t last_id_ = 0;
    std::set<std::int64_t> turn_requests_;
    std::map<std::int64_t, std::string> steering_; // not yet confirmed
    std::string last_message_;
    std::optional<End> end_; // nullopt again while another turn runs
    std::string to_write_;
    bool is_greeted_ = false; // the server has answered
    bool has_task_ = false;
    bool told_to_end_ = false;
    bool wants_close_ = false;
};

} // namespace agentcron::agent::codex
