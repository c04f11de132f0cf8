#include "transcript.hpp"

#include <spdlog/fmt/fmt.h>

using namespace agentcron;
using namespace agentcron::agent;

namespace {

struct Spooled {
    Stream stream;
    std::string bytes;
};

// A conversation with everything in it: incomplete lines that other streams interrupt, text that is
// no JSON, NUL and bytes that are not UTF-8, an ask, questions, two results, no last newline.
const std::vector<Spooled> mixed{
    {Stream::out, "{\"type\":\"session\",\"session_id\":\"s1\"}\n{\"type\":\"te"},
    {Stream::err, "warn\xFFing\n"},
    {Stream::out, "xt\",\"text\":\"caf\xC3\xA9\"}\nplain\nmore\n{\"type\":\"question\","},
    {Stream::event, "{\"type\":\"usage\",\"cost_usd\":0.5}\n{\"type\":\"tool\",\"na"},
    {Stream::ask, R"({"id":"a1","question":"Which?","options":["x","y"]})"},
    {Stream::out, std::string("\"text\":\"Why?\"}\n\0{}\n", 19)},
    {Stream::event, "me\":\"ls\"}\n{\"type\":\"result\",\"ok\":false}"},
    {Stream::ask, R"({"id":"a1","withdrawn":true})"},
    {Stream::out, "{\"type\":\"result\",\"result\":[1, 2.50]}"},
};

std::string described(const Event& event) {
    struct {
        std::string operator()(const Output& o) const {
            return fmt::format("output {} {} {}", static_cast<int>(o.stream), o.kind, o.body);
        }
        std::string operator()(const Question& q) const {
            return fmt::format("question {} {} {}", q.native_id, q.headline, q.options.size());
        }
        std::string operator()(const Withdrawn& w) const { return "withdrawn " + w.native_id; }
        std::string operator()(const SessionStarted& s) const { return "session " + s.session_id; }
        std::string operator()(const Progress& p) const { return "progress " + p.message; }
        std::string operator()(const Usage& u) const {
            return fmt::format("usage {}", u.cost_usd.value_or(-1));
        }
        std::string operator()(const Result& r) const {
            return fmt::format("result {} {}", r.ok, r.json);
        }
    } description;
    return std::visit(description, event);
}

// What a driver makes of the spool when one of its frames is cut in two. Rows of plain text that
// follow each other on one stream are joined, for only their bytes are promised, not their cuts.
std::string replayed(std::string_view name, std::size_t cut_frame, std::size_t cut_at,
                     const std::vector<Spooled>& spool = mixed, const Brief& brief = Brief()) {
    const auto driver = make_driver(name);
    driver->start(brief);
    std::vector<Event> events;
    std::uint64_t position = 0;
    const auto receive = [&](Stream stream, std::string_view bytes) {
        position += 16;
        driver->receive({stream, {}, position, bytes}, events);
        position += bytes.size();
    };
    for (std::size_t i = 0; i < spool.size(); ++i) {
        const std::string_view bytes = spool[i].bytes;
        const bool is_cut = i == cut_frame;
        receive(spool[i].stream, bytes.substr(0, is_cut ? cut_at : bytes.size()));
        if (is_cut) receive(spool[i].stream, bytes.substr(cut_at));
    }
    driver->end_of_output(events);

    std::string all;
    std::string text;
    std::optional<std::uint64_t> last_position;
    Stream text_stream{};
    const auto flush = [&] {
        if (!text.empty()) all += fmt::format("text {} {}\n", static_cast<int>(text_stream), text);
        text.clear();
    };
    for (const Event& event : events) {
        const auto* row = std::get_if<Output>(&event);
        if (row) {
            REQUIRE((!last_position || row->position > *last_position));
            last_position = row->position;
        }
        if (row && row->kind == "text") {
            if (row->stream != text_stream) flush();
            text_stream = row->stream;
            text += row->body;
            continue;
        }
        flush();
        all += described(event) + "\n";
    }
    flush();
    return all;
}

} // namespace

TEST_CASE("a spool cut anywhere gives the same events", "[unit][agent]") {
    for (const auto* name : {"command", "jsonl", "acp"}) {
        const auto& spool = mixed;
        const std::string whole = replayed(name, spool.size(), 0);
        CHECK_THAT(whole, Catch::Contains("question a1 Which? 2"));
        CHECK_THAT(whole, Catch::Contains("usage 0.5"));
        for (std::size_t frame = 0; frame < spool.size(); ++frame) {
            if (spool[frame].stream == Stream::ask) continue; // always whole
            for (std::size_t at = 0; at <= spool[frame].bytes.size(); ++at) {
                CAPTURE(name, frame, at);
                REQUIRE(replayed(name, frame, at) == whole);
            }
        }
    }
}

TEST_CASE("an agent's protocol cut anywhere gives the same events", "[unit][agent]") {
    struct Recorded {
        std::string_view driver;
        std::string name;
        Brief brief;
    };
    Brief exec;
    exec.command = {"codex", "exec"};
    const std::vector<Recorded> recorded{
        {"codex", "codex-server-elicitation", {}},
        {"codex", "codex-exec-success", exec},
    };
    for (const auto& [driver, name, brief] : recorded) {
        std::string bytes;
        for (const auto& said : transcript(name))
            if (said.by_agent) bytes += said.line + "\n";
        const std::vector<Spooled> spool{{Stream::out, bytes}};
        const auto whole = replayed(driver, 1, 0, spool, brief);
        CHECK_THAT(whole, Catch::Contains("result true"));
        // Steps that fall into step with no line.
        for (std::size_t at = 0; at <= bytes.size(); at += 37) {
            CAPTURE(name, at);
            REQUIRE(replayed(driver, 0, at, spool, brief) == whole);
        }
    }
}

TEST_CASE("answers leave no trace in the events", "[unit][agent]") {
    const auto driver = make_driver("jsonl");
    std::vector<Event> events;
    const std::string line = "{\"type\":\"question\",\"id\":\"q\",\"text\":\"Why?\"}\n";
    driver->receive({Stream::out, {}, 16, line}, events);
    driver->answer("q", "because");
    driver->receive({Stream::out, {}, 200, line}, events);
    REQUIRE(events.size() == 4);
    CHECK(described(events[1]) == described(events[3]));
}

TEST_CASE("drivers are made by name", "[unit][agent]") {
    CHECK(driver_names() ==
          std::vector<std::string_view>{"command", "jsonl", "claude", "codex", "acp"});
    for (const auto name : driver_names()) CHECK(make_driver(name) != nullptr);
    CHECK(make_driver("telepathy") == nullptr);
    CHECK(make_driver("") == nullptr);
}
