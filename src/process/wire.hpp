// What the daemon and its shims agree on: file names, descriptor numbers, and the bytes of the
// spool, of the spec and of the socket. Included by the shim, so nothing here needs the C++
// library.
//
// Rules for a change: headers only grow at their end (each says its own size), values are never
// renumbered, and `protocol_version` goes up. A daemon adopts shims of its own and older versions;
// a shim takes specs of its own and older versions, for it may be upgraded under a living daemon.
// All integers are little-endian, as on every machine this runs on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace agentcron::process::wire {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

inline constexpr std::uint32_t protocol_version = 3;

// The files of a run directory.
inline constexpr char spool_file[] = "spool";         // made and locked by the launcher
inline constexpr char socket_file[] = "sock";         // bound by the launcher, served by the shim
inline constexpr char meta_file[] = "meta";           // state_text.hpp; once the agent was started
inline constexpr char meta_draft_file[] = "meta.tmp"; // renamed to `meta`
inline constexpr char tail_files[2][8] = {"tail.0", "tail.1"}; // made and filled by the shim
inline constexpr char cgroup_link[] = "cgroup"; // to the directory of the agent's control group
inline constexpr char exit_file[] = "exit";     // state_text.hpp; the shim's last act
inline constexpr char exit_draft_file[] =
    "exit.tmp"; // its space is reserved by the launcher, so a full disk cannot stop it

// Where a shim finds what its launcher made. The spool comes locked (an open file description lock
// over the whole file), so it is locked for exactly the life of the shim, from its first instant.
inline constexpr int spec_fd = 0;
inline constexpr int spool_fd = 3;
inline constexpr int directory_fd = 4;
inline constexpr int listener_fd = 5;

// The environment of the agent.
inline constexpr char events_variable[] = "AGENTCRON_EVENTS_FD"; // always 3
inline constexpr char socket_variable[] = "AGENTCRON_SOCKET";    // absolute path of `sock`
inline constexpr char token_variable[] = "AGENTCRON_ASK_TOKEN";  // what an asker must present

// Spool: this header, then records, each a RecordHeader and `length` payload bytes.
inline constexpr char spool_magic[8] = {'A', 'G', 'C', 'S', 'P', 'O', 'O', 'L'};
struct SpoolHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t header_bytes; // of this header: the first record starts there
};
static_assert(sizeof(SpoolHeader) == 16);

inline constexpr std::uint16_t record_magic = 0xac5e;
struct RecordHeader {
    std::uint16_t magic;
    std::uint8_t stream; // process::Stream
    std::uint8_t reserved;
    std::uint32_t length; // at most frame_bytes_max
    std::int64_t micros;  // CLOCK_REALTIME
};
static_assert(sizeof(RecordHeader) == 16);

// Stream::cut: what a shim under WhenFull::drop_middle says of output that is not in the spool.
// That output goes on in the tail files, records without a header, each file beginning with such a
// mark. They are filled in turns, the fuller one is overwritten, so that together they hold the
// end.
struct CutMark {
    std::uint64_t missing_bytes; // in a tail file: what came before it and after the spool's part
    std::uint8_t kind;           // Cut::Kind
    std::uint8_t reserved[7];
};
static_assert(sizeof(CutMark) == 16);

// Spec: this header, then `strings_bytes` of NUL-terminated strings (working directory, ask token,
// the arguments, the environment, in this order), then `stdin_bytes` of the agent's first input.
inline constexpr char spec_magic[8] = {'A', 'G', 'C', 'S', 'P', 'E', 'C', '\n'};
struct SpecHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t header_bytes;
    std::uint64_t deadline_ms; // 0: none
    std::uint64_t grace_ms;
    std::uint64_t output_bytes_max; // 0: none
    std::uint32_t stdin_stays_open;
    std::uint32_t argument_count;
    std::uint32_t environment_count;
    std::uint32_t reserved;
    std::uint64_t strings_bytes;
    std::uint64_t stdin_bytes;
    std::uint32_t when_full; // WhenFull; since version 2
    std::uint32_t in_cgroup; // the agent belongs into the group that cgroup_link leads to; since 2
};
static_assert(sizeof(SpecHeader) == 80);
inline constexpr std::uint64_t strings_bytes_max = 8u << 20; // the kernel takes less in an execve

// A record of this stream has no payload: `length`, any number, are the bytes up to the next
// record. What stood there was stored elsewhere and is given back to the disk. Since version 3.
inline constexpr std::uint8_t reclaimed_stream = 8;

// Socket: messages, each a MessageHeader and `length` payload bytes, in both directions.
struct MessageHeader {
    std::uint32_t length; // at most message_bytes_max
    std::uint8_t type;    // Message
    std::uint8_t reserved[3];
};
static_assert(sizeof(MessageHeader) == 8);
inline constexpr std::size_t message_bytes_max = 64 * 1024;
inline constexpr std::size_t ask_bytes_max = 60 * 1024; // of JSON: an ask and a reply fit one frame

enum class Message : std::uint8_t {
    // To the shim: nothing. It answers with hello, which since version 2 is a barrier: everything
    // that others had sent to it until then has been served, and what they fed stands in the spool.
    attach = 1,
    hello = 2,         // from the shim: Hello
    feed = 3,          // to the shim: bytes for the agent's stdin
    close_stdin = 4,   // to the shim: nothing; after what was fed before
    terminate = 5,     // to the shim: u32 grace in milliseconds
    kill = 6,          // to the shim: nothing
    reply = 7,         // to the shim: u8 size of the ask's id, the id, JSON
    ask = 8,           // from an asker: u8 size of the token, the token, JSON
    answer = 9,        // to an asker: JSON; the shim closes after it
    refused = 10,      // to an asker: text that says why; the shim closes after it
    set_deadline = 11, // to the shim: u64 milliseconds from now, 0: none
    // The same, and u32 grace in milliseconds; since version 2. The end unless it comes again in
    // time.
    set_lease = 12,
    // To the shim: u64 offset in the spool, before which all is stored; since version 3.
    stored = 13,
};

struct Hello {
    std::uint32_t version;
    std::int32_t shim_pid;
    std::int32_t agent_pid;
};
static_assert(sizeof(Hello) == 12);

} // namespace agentcron::process::wire
