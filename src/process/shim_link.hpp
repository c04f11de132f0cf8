// The daemon's way to a shim's ears. Everything is queued and sent in order as the shim takes it;
// the connection is made only when there is something to say, which for most runs is never. Loop
// thread.
#pragma once

#include "base/clock.hpp"
#include "process/run_directory.hpp"
#include "process/wire.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace agentcron::process {

class ShimLink {
public:
    // `directory` outlives the link.
    ShimLink(boost::asio::io_context& loop, const RunDirectory& directory);
    ~ShimLink();

    // Split over several messages if it is longer than one may be.
    void feed(std::string_view bytes);
    void close_stdin();
    void set_deadline(base::Millis from_now);
    // The JSON object has at most ask_bytes_max bytes; a longer one is replaced by an object that
    // has only "error".
    void stored(std::uint64_t offset);
    void reply(std::string_view ask_id, std::string_view json);
    // These overtake what was fed: the agent may never read that, or the disk not take it. They go
    // by a connection of their own and are in the shim's socket when this returns, unless the shim
    // is far behind.
    void set_lease(base::Millis from_now, base::Millis grace);
    void terminate(base::Millis grace);
    void kill();

private:
    struct State;
    std::shared_ptr<State> state_; // handlers may outlive the link
};

} // namespace agentcron::process
