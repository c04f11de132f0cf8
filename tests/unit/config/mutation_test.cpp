#include "reading.hpp"

#include <random>

using namespace agentcron::config;

namespace {

const std::string base_text = R"(timezone: Europe/Berlin
x-d: &d {timeout: 45m, retry: {attempts: 3}}
agents:
  a: {driver: command, command: [sh, "-c", 'x'], env: {A: "1"}, limits: {output: 1M}}
schedules:
  s:
    <<: *d
    cron: "*/5 2 * * mon-fri"
    agent: a
    params: {who: [1, {b: ~}]}
    prompt: |
      Hi {{params.who}}
        there
    catch_up: all
    exclude: [2026-12-25, c]
    ends_at: 2027-01-01T09:00
    success: {exit_code: [0, 1], check: [x]}
    notify: {on: [failed], webhook: "https://x/"}
    steps: [{name: one, retry: {on: [lost]}}, {name: two, params: {a: 1}}]
calendars: {c: [2026-12-24/2027-01-01]}
)";

const std::vector<std::string> snippets{"\n",
                                        "  ",
                                        "\t",
                                        ": ",
                                        "- ",
                                        "[",
                                        "]",
                                        "{",
                                        "}",
                                        "\"",
                                        "'",
                                        "|",
                                        ">",
                                        "#",
                                        "&x",
                                        "*x",
                                        "<<:",
                                        "!!",
                                        "---",
                                        "...",
                                        "{{",
                                        "}}",
                                        "\\",
                                        "%",
                                        "@",
                                        "\0",
                                        "?",
                                        ",",
                                        "é",
                                        "\xFF",
                                        "\r",
                                        "a: b",
                                        "*d",
                                        "*a ",
                                        "0/15",
                                        "999999999999",
                                        "~",
                                        "&d",
                                        "|2",
                                        ">-",
                                        "\"\\u0000\"",
                                        "\xEF\xBB\xBF",
                                        "schedules:\n  s: *d\n",
                                        "  - - - x"};

std::string mutated(std::mt19937& random) {
    const auto below = [&](std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
    };
    std::string text = base_text;
    for (std::size_t edits = 1 + below(6); edits > 0 && !text.empty(); --edits) {
        const std::size_t at = below(text.size());
        switch (below(4)) {
        case 0: text.erase(at, 1 + below(12)); break;
        case 1: text.insert(at, snippets[below(snippets.size())]); break;
        case 2: text[at] = static_cast<char>(below(256)); break;
        case 3: text.insert(at, text.substr(below(text.size()), 1 + below(40))); break;
        }
    }
    return text;
}

} // namespace

TEST_CASE("a damaged file is read or refused at places that exist", "[unit][config]") {
    constexpr unsigned seed = 7;
    constexpr int rounds = 2'000;
    std::mt19937 random(seed);
    REQUIRE(errors_of(base_text).empty());
    int refused = 0;
    for (int round = 0; round < rounds; ++round) {
        const std::string text = mutated(random);
        const auto config = read_files({{"a.yaml", text}});
        if (config) continue;
        ++refused;
        const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
        for (const Error& error : config.error()) {
            INFO("round " << round << ": " << error.text() << "\n" << text);
            REQUIRE_FALSE(error.message.empty());
            if (error.file.empty()) continue;
            REQUIRE(error.line >= 1);
            REQUIRE(error.line <= lines);
            REQUIRE(error.column >= 1);
        }
    }
    // The damage is neither harmless nor always fatal.
    REQUIRE(refused > rounds / 2);
    REQUIRE(refused < rounds);
}
