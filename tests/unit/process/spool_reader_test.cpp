#include "process/spool_reader.hpp"
#include "process/wire.hpp"

#include "support/catch.hpp"

#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace agentcron::process {
namespace {

std::string header_bytes() {
    wire::SpoolHeader header{};
    std::memcpy(header.magic, wire::spool_magic, sizeof header.magic);
    header.version = wire::protocol_version;
    header.header_bytes = sizeof header;
    return std::string(reinterpret_cast<const char*>(&header), sizeof header);
}

std::string record(Stream stream, const std::string& payload, std::int64_t micros = 0) {
    wire::RecordHeader header{wire::record_magic, static_cast<std::uint8_t>(stream), 0,
                              static_cast<std::uint32_t>(payload.size()), micros};
    return std::string(reinterpret_cast<const char*>(&header), sizeof header) + payload;
}

// A spool in memory that can grow while it is read.
class Spool {
public:
    Spool() : file_(::memfd_create("spool", MFD_CLOEXEC)) {}
    void append(const std::string& bytes) {
        REQUIRE(::write(file_.get(), bytes.data(), bytes.size()) ==
                static_cast<ssize_t>(bytes.size()));
    }
    base::UniqueFd file() const { return base::UniqueFd(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0)); }
    SpoolReader reader(std::uint64_t offset = 0) const { return SpoolReader(file(), offset); }

private:
    base::UniqueFd file_;
};

} // namespace

TEST_CASE("records come back in order with stream, time and offset", "[unit][process]") {
    Spool spool;
    spool.append(header_bytes() + record(Stream::out, "one", 5) + record(Stream::err, "", 6) +
                 record(Stream::event, std::string("\0\xff", 2), 7));
    SpoolReader reader = spool.reader();
    const auto frames = reader.read(1000);
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].stream == Stream::out);
    CHECK(frames[0].bytes == "one");
    CHECK(frames[0].at == base::Instant(std::chrono::microseconds(5)));
    CHECK(frames[0].offset == sizeof(wire::SpoolHeader) + sizeof(wire::RecordHeader));
    CHECK(frames[1].bytes.empty());
    CHECK(frames[2].bytes == std::string("\0\xff", 2));
    CHECK(frames[2].offset + frames[2].bytes.size() == reader.offset());
    CHECK(reader.read(1000).empty());
}

TEST_CASE("a part that was given back to the disk is stepped over", "[unit][process]") {
    const std::string gone(GENERATE(std::size_t{0}, std::size_t{40}, std::size_t{1'000'000}), '\0');
    wire::RecordHeader header{wire::record_magic, wire::reclaimed_stream, 0,
                              static_cast<std::uint32_t>(gone.size()), 0};
    const std::string reclaimed(reinterpret_cast<const char*>(&header), sizeof header);
    Spool spool;
    spool.append(header_bytes() + record(Stream::event, "e") + reclaimed + gone + reclaimed + gone +
                 record(Stream::out, "two"));
    SpoolReader reader = spool.reader();
    const auto frames = reader.read(1'000);
    REQUIRE(frames.size() == 2);
    CHECK(frames[1].bytes == "two");
    CHECK(frames[1].offset == sizeof(wire::SpoolHeader) + 4 * sizeof header + 1 + 2 * gone.size());
    CHECK(reader.read(1'000).empty());
    CHECK_FALSE(reader.damaged());
}

TEST_CASE("a record that is partly written is read once it is whole", "[unit][process]") {
    const std::string whole =
        header_bytes() + record(Stream::out, "hello") + record(Stream::err, "x");
    const std::size_t first_end = whole.size() - record(Stream::err, "x").size();
    Spool spool;
    SpoolReader reader = spool.reader();
    std::size_t frames = 0;
    for (std::size_t size = 1; size <= whole.size(); ++size) {
        spool.append(whole.substr(size - 1, 1));
        frames += reader.read(1000).size();
        CHECK(frames == (size < first_end ? 0u : size < whole.size() ? 1u : 2u));
    }
    CHECK_FALSE(reader.damaged());
}

TEST_CASE("reading goes on at the end of any frame", "[unit][process]") {
    Spool spool;
    spool.append(header_bytes() + record(Stream::out, "one") + record(Stream::out, "two"));
    const auto first = spool.reader().read(1);
    REQUIRE(first.size() == 1);
    const auto rest = spool.reader(first[0].offset + first[0].bytes.size()).read(1000);
    REQUIRE(rest.size() == 1);
    CHECK(rest[0].bytes == "two");
}

TEST_CASE("a read stops at its limit and the next goes on", "[unit][process]") {
    Spool spool;
    spool.append(header_bytes());
    for (int i = 0; i < 100; ++i)
        spool.append(record(Stream::out, std::string(frame_bytes_max, 'x')));
    SpoolReader reader = spool.reader();
    std::size_t total = 0;
    for (auto frames = reader.read(200'000); !frames.empty(); frames = reader.read(200'000)) {
        CHECK(frames.size() <= 4);
        total += frames.size();
    }
    CHECK(total == 100);
}

TEST_CASE("what is joined to a spool is read behind it, wherever one begins", "[unit][process]") {
    const std::string torn = record(Stream::out, "torn").substr(0, GENERATE(0u, 7u, 18u));
    Spool spool, first, second;
    spool.append(header_bytes() + record(Stream::out, "one") + torn);
    first.append(record(Stream::out, "two") + torn);
    second.append(record(Stream::cut, "skipped") + record(Stream::out, "three"));
    const auto joined = [&](SpoolReader reader) {
        std::vector<SpoolReader::Part> parts;
        parts.push_back({first.file(), 0});
        parts.push_back({second.file(), record(Stream::cut, "skipped").size()});
        reader.join(std::move(parts));
        return reader.read(1000);
    };
    SpoolReader before = spool.reader();
    CHECK(before.read(1000).size() == 1);
    CHECK(joined(std::move(before)).size() == 2);
    const auto all = joined(spool.reader());
    REQUIRE(all.size() == 3);
    CHECK(all[1].bytes == "two");
    CHECK(all[2].bytes == "three");
    for (std::size_t read = 1; read <= all.size(); ++read) {
        const auto& last = all[read - 1];
        const auto rest = joined(spool.reader(last.offset + last.bytes.size()));
        REQUIRE(rest.size() == all.size() - read);
        for (std::size_t i = 0; i < rest.size(); ++i) {
            CHECK(rest[i].offset == all[read + i].offset);
            CHECK(rest[i].bytes == all[read + i].bytes);
        }
    }
}

TEST_CASE("what is no record ends the reading and is said", "[unit][process]") {
    const std::string good = header_bytes() + record(Stream::out, "good");
    std::string too_long = record(Stream::out, "");
    const std::uint32_t length = frame_bytes_max + 1;
    std::memcpy(too_long.data() + offsetof(wire::RecordHeader, length), &length, sizeof length);
    for (const std::string& bad : {std::string(64, '\0'), std::string(64, '\xff'), too_long}) {
        Spool spool;
        spool.append(good + bad);
        SpoolReader reader = spool.reader();
        CHECK(reader.read(1000).size() == 1);
        CHECK(reader.read(1000).empty());
        CHECK(reader.damaged());
        CHECK(reader.offset() == good.size());
    }
}

TEST_CASE("a file that is no spool is said to be damaged", "[unit][process]") {
    Spool spool;
    spool.append(std::string(100, 'x'));
    SpoolReader reader = spool.reader();
    CHECK(reader.read(1000).empty());
    CHECK(reader.damaged());
}

} // namespace agentcron::process
