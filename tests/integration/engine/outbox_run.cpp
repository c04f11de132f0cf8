#include "integration/engine/outbox_run.hpp"

#include "base/text.hpp"
#include "db/pg_outbox_store.hpp"
#include "engine/outbox.hpp"
#include "support/catch.hpp"

#include <boost/json/parse.hpp>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace agentcron::engine {
namespace fs = std::filesystem;
namespace {

constexpr base::Seconds limit{60};
constexpr base::Millis look_every{5};

struct SenderPart {
    SenderPart(boost::asio::io_context& loop, const std::string& conninfo, const base::Clock& clock)
        : store(loop, conninfo, nullptr)
        , sender(loop, clock, {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/nowhere"})
        , outbox(loop, store, sender) {}
    db::PgOutboxStore store;
    notify::Sender sender;
    Outbox outbox;
};

fs::path make_directory() {
    std::string pattern = (fs::temp_directory_path() / "agentcron-outbox-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
}

std::string text_of(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : "";
}

} // namespace

struct OutboxRun::Parts {
    void turn() {
        loop.restart();
        loop.run_for(look_every);
    }
    boost::asio::io_context loop;
    base::SystemClock clock;
    std::vector<std::unique_ptr<SenderPart>> senders;
};

OutboxRun::OutboxRun() : directory(make_directory()), parts_(std::make_unique<Parts>()) {
    spdlog::set_level(std::getenv("AGENTCRON_TEST_LOG") ? spdlog::level::debug
                                                        : spdlog::level::off);
    start_server();
}

OutboxRun::~OutboxRun() {
    parts_.reset();
    base::send_signal(server_.pidfd, SIGKILL);
    base::wait(server_, limit);
    std::error_code ignored;
    fs::remove_all(directory, ignored);
}

void OutboxRun::start_server() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const base::UniqueFd read_end(ends[0]);
    base::UniqueFd write_end(ends[1]);
    base::SpawnRequest request;
    request.argv = {"/usr/bin/python3",
                    AGENTCRON_SOURCE_DIR "/tests/integration/engine/notify_server.py",
                    (directory / "requests").string()};
    request.fds = {{write_end.get(), STDOUT_FILENO}, {STDERR_FILENO, STDERR_FILENO}};
    auto child = base::spawn(request);
    REQUIRE(child.has_value());
    server_ = std::move(*child);
    write_end.reset();
    char line[16] = "";
    pollfd readable{read_end.get(), POLLIN, 0};
    REQUIRE(::poll(&readable, 1, 30'000) == 1);
    REQUIRE(::read(read_end.get(), line, sizeof line - 1) > 0);
    port_ = base::trim(line);
}

std::size_t OutboxRun::start_sender() {
    parts_->senders.push_back(
        std::make_unique<SenderPart>(parts_->loop, database.conninfo(), parts_->clock));
    parts_->senders.back()->outbox.start();
    return parts_->senders.size() - 1;
}

void OutboxRun::crash_sender(std::size_t sender) {
    parts_->senders.at(sender).reset();
}

void OutboxRun::wake() {
    for (const auto& part : parts_->senders)
        if (part) part->outbox.wake();
}

void OutboxRun::hurry() {
    database.execute("update agentcron.outbox set due_at = clock_timestamp() "
                     "where due_at is not null and taken_at is null");
    wake();
}

std::string OutboxRun::url(const std::string& path) const {
    return "http://127.0.0.1:" + port_ + path;
}

std::vector<Request> OutboxRun::requests() const {
    std::vector<Request> all;
    auto log = file("requests");
    log.resize(log.rfind('\n') + 1); // the last line may be unfinished
    for (const auto line : base::split(log, '\n')) {
        if (line.empty()) continue;
        const auto value = boost::json::parse({line.data(), line.size()});
        const auto& object = value.get_object();
        const auto& headers = object.at("headers").get_object();
        all.push_back({.method = text_of(object, "method"),
                       .path = text_of(object, "path"),
                       .body = text_of(object, "body"),
                       .id = text_of(headers, "webhook-id"),
                       .timestamp = text_of(headers, "webhook-timestamp"),
                       .signature = text_of(headers, "webhook-signature"),
                       .user_agent = text_of(headers, "user-agent"),
                       .content_type = text_of(headers, "content-type")});
    }
    return all;
}

std::int64_t OutboxRun::schedule(const std::string& name, const std::string& notify,
                                 const std::string& heartbeat_url) {
    return std::stoll(database.value(
        fmt::format("insert into agentcron.schedules (name, agent, cron, notify, heartbeat_url) "
                    "values ('{}', 'a', '@daily', {}, {}) returning id",
                    name, notify, heartbeat_url)));
}

std::int64_t OutboxRun::task(std::int64_t schedule) {
    return std::stoll(database.value(fmt::format(
        "insert into agentcron.tasks (schedule_id, schedule, agent, run_at, status, spec, watched) "
        "select id, name, agent, now(), 'queued', '{{}}', agentcron.is_watched(s) "
        "from agentcron.schedules s where id = {} returning id",
        schedule)));
}

void OutboxRun::start(std::int64_t task) {
    database.execute(fmt::format("update agentcron.tasks set status = 'running', reason = '', "
                                 "attempt = attempt + 1, "
                                 "started_at = coalesce(started_at, now()) where id = {}",
                                 task));
}

void OutboxRun::finish(std::int64_t task, const std::string& status, const std::string& reason,
                       const std::string& message) {
    database.execute(fmt::format("update agentcron.tasks set status = '{}', reason = '{}', "
                                 "message = nullif('{}', ''), finished_at = now() where id = {}",
                                 status, reason, message, task));
}

void OutboxRun::until(const std::function<bool()>& holds, const std::string& what) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= deadline) FAIL("did not come: " << what);
        parts_->turn();
    }
}

void OutboxRun::until_value(const std::string& sql, const std::string& expected) {
    std::string last;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while ((last = database.value(sql)) != expected) {
        if (std::chrono::steady_clock::now() >= deadline)
            FAIL(sql << "\nis `" << last << "`, not `" << expected << "`");
        parts_->turn();
    }
}

std::string OutboxRun::file(const std::string& name) const {
    std::ifstream in(directory / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

fs::path OutboxRun::write(const std::string& name, const std::string& text) const {
    std::ofstream(directory / name, std::ios::binary) << text;
    return directory / name;
}

} // namespace agentcron::engine
