// A client of the server, for tests.
#pragma once

#include "mcp/server.hpp"

#include "support/catch.hpp"

#include <boost/json.hpp>
#include <string>

namespace agentcron::mcp {

struct McpRun {
    Server server;

    boost::json::object only_line(const std::string& line) {
        const auto outcome = server.receive(line);
        INFO(line << "\n" << outcome.lines);
        CHECK(outcome.messages.empty());
        REQUIRE(outcome.lines.find('\n') == outcome.lines.size() - 1);
        return boost::json::parse(outcome.lines).as_object();
    }
    boost::json::object result(const std::string& line) {
        return only_line(line).at("result").as_object();
    }
    std::int64_t error_code(const std::string& line) {
        return only_line(line).at("error").at("code").as_int64();
    }
    void initialize(const std::string& revision = "2025-11-25") {
        result(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" +
               revision + R"("}})");
    }
    // The one message for the run that a call makes.
    Outcome::Message message_of(int id, const std::string& tool, const std::string& arguments,
                                const std::string& meta = "") {
        const auto outcome =
            server.receive(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
                           R"(,"method":"tools/call","params":{"name":")" + tool +
                           R"(","arguments":)" + arguments + R"(,"_meta":{)" + meta + "}}}");
        CHECK(outcome.lines == "");
        REQUIRE(outcome.messages.size() == 1);
        return outcome.messages[0];
    }
    std::int64_t call(int id, const std::string& tool, const std::string& arguments,
                      const std::string& meta = "") {
        return message_of(id, tool, arguments, meta).call;
    }
    // What the model reads of arguments that are wrong.
    std::string fault(const std::string& tool, const std::string& arguments) {
        const auto body =
            result(R"({"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":")" + tool +
                   R"(","arguments":)" + arguments + "}}");
        CHECK(body.at("isError") == true);
        return boost::json::value_to<std::string>(body.at("content").at(0).at("text"));
    }
    boost::json::object replied(std::int64_t call, const std::string& json) {
        return boost::json::parse(server.replied(call, json).lines).as_object();
    }
};

} // namespace agentcron::mcp
