#include "db/pg_outbox_store.hpp"

#include <spdlog/spdlog.h>

namespace agentcron::db {
namespace {

constexpr int delete_rows_max = 1000;

notify::Channel channel_from(std::string_view name) {
    if (name == "command") return notify::Channel::command;
    return name == "ping" ? notify::Channel::ping : notify::Channel::webhook;
}

notify::Notification notification_of(const pqxx::row& row) {
    return {.id = text_of(row["id"]),
            .event = text_of(row["event"]),
            .channel = channel_from(text_of(row["channel"])),
            .target = text_of(row["target"]),
            .payload = text_of(row["payload"]),
            .attempts = static_cast<int>(integer_of(row["attempts"])),
            .created_at = instant_of(row["created_at"]),
            .first_tried_at = instant_of(row["first_tried_at"]),
            .taken_at = instant_of(row["taken_at"])};
}

std::string seconds_text(base::Millis duration) {
    return fmt::format("{}.{:03}", duration.count() / 1000, duration.count() % 1000);
}

// Whether anything is due; idle, this is the only statement of a look.
bool look_for_due(Session& session, notify::Taken& taken) {
    const auto rows = session.run("outbox_due", params());
    taken.next_due_at = optional_instant(rows[0]["due_at"]);
    taken.database_now = instant_of(rows[0]["now"]);
    return taken.next_due_at && *taken.next_due_at <= taken.database_now;
}

std::function<void(std::string)> report_refused(std::string what) {
    return [what = std::move(what)](const std::string& error) {
        spdlog::error("database refused {}: {}", what, error);
    };
}

} // namespace

PgOutboxStore::PgOutboxStore(boost::asio::io_context& loop, const std::string& conninfo,
                             std::function<void(bool, std::string)> on_state)
    : thread_(loop, {.name = "outbox", .conninfo = conninfo}, std::move(on_state)) {}

void PgOutboxStore::take(notify::Room room, std::function<void(notify::Taken)> then) {
    auto taken = std::make_shared<notify::Taken>();
    thread_.post({.run =
                      [taken, room](Session& session) {
                          *taken = {};
                          if (!look_for_due(session, *taken)) return;
                          session.run("drop_overtaken_pings", params());
                          const auto rows =
                              session.run("take_notifications", params(room.calls, room.commands,
                                                                       base::Seconds(taken_for)));
                          for (const auto& row : rows)
                              taken->notifications.push_back(notification_of(row));
                          look_for_due(session, *taken);
                      },
                  .committed = nullptr,
                  .done = [taken, then] { then(std::move(*taken)); },
                  .refused =
                      [then](const std::string& error) {
                          report_refused("a look into the outbox")(error);
                          then({});
                      }});
}

void PgOutboxStore::delivered(const notify::Notification& notification) {
    thread_.post(
        {.run = [id = notification.id](
                    Session& session) { session.run("notification_delivered", params(id)); },
         .committed = nullptr,
         .done = nullptr,
         .refused = report_refused("a delivery")});
}

void PgOutboxStore::failed(const notify::Notification& notification,
                           std::optional<base::Millis> after, std::string error) {
    std::optional<std::string> seconds;
    if (after) seconds = seconds_text(*after);
    thread_.post({.run =
                      [id = notification.id, attempts = notification.attempts, seconds,
                       error = storable_text(error)](Session& session) {
                          session.run("notification_failed", params(id, attempts, seconds, error));
                      },
                  .committed = nullptr,
                  .done = nullptr,
                  .refused = report_refused("a failed delivery")});
}

void PgOutboxStore::delete_old(std::function<void(bool more)> then) {
    auto more = std::make_shared<bool>(false);
    thread_.post({.run =
                      [more](Session& session) {
                          const auto deleted =
                              session.run("delete_old_notifications", params(delete_rows_max));
                          *more = deleted.affected_rows() == delete_rows_max;
                      },
                  .committed = nullptr,
                  .done = [more, then] { then(*more); },
                  .refused =
                      [then](const std::string& error) {
                          report_refused("the deletion of old notifications")(error);
                          then(false);
                      }});
}

} // namespace agentcron::db
