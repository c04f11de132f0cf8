// Feeds a driver as the engine does: chunks with growing positions, as if each frame of the spool
// had a header of 16 bytes.
#pragma once

#include "agent/driver.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace agentcron::agent {

class DriverRun {
public:
    explicit DriverRun(std::string_view driver) : driver_(make_driver(driver)) {
        REQUIRE(driver_ != nullptr);
    }

    DriverRun& chunk(Stream stream, std::string_view bytes) {
        position_ += 16;
        driver_->receive({stream, base::Instant{}, position_, bytes}, events_);
        position_ += bytes.size();
        return *this;
    }
    DriverRun& out(std::string_view bytes) { return chunk(Stream::out, bytes); }
    DriverRun& err(std::string_view bytes) { return chunk(Stream::err, bytes); }
    DriverRun& event(std::string_view bytes) { return chunk(Stream::event, bytes); }
    DriverRun& ask(std::string_view bytes) { return chunk(Stream::ask, bytes); }

    Verdict exit(int code) {
        return finish({.code = code, .signal = {}, .terminated_by_us = false});
    }
    Verdict finish(const Exit& exit) {
        driver_->end_of_output(events_);
        return driver_->finish(exit);
    }

    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const Event& event : events_) {
            if (const T* one = std::get_if<T>(&event)) found.push_back(*one);
        }
        return found;
    }
    template <class T>
    T only() const {
        const auto found = all<T>();
        REQUIRE(found.size() == 1);
        return found.front();
    }
    // The bodies of the rows of one kind, each followed by "|".
    std::string rows(std::string_view kind) const {
        std::string bodies;
        for (const Output& row : all<Output>()) {
            if (row.kind == kind) bodies += row.body + "|";
        }
        return bodies;
    }

    Driver& driver() { return *driver_; }
    const std::vector<Event>& events() const { return events_; }

private:
    std::unique_ptr<Driver> driver_;
    std::vector<Event> events_;
    std::uint64_t position_ = 0;
};

} // namespace agentcron::agent
