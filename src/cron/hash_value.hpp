// The value behind `H` and jitter: spreads jobs, the same on every host and in every version.
#pragma once

#include "cron/expression.hpp"

#include <span>

namespace agentcron::cron {

// FNV-1a (64 bit) over a text, the byte 0x1F and more bytes, then the 64-bit finaliser of
// MurmurHash3.
inline std::uint64_t stable_hash(std::string_view text, std::span<const unsigned char> more) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
    for (const char c : text) add(static_cast<unsigned char>(c));
    add(0x1f);
    for (const unsigned char byte : more) add(byte);
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
    return hash ^ (hash >> 33);
}

// Of the job's id and the field's number (0 second, 1 minute, 2 hour, 3 day of month, 4 month,
// 5 day of week).
inline std::uint64_t hash_of_job(std::string_view job_id, Field field) {
    const auto number = static_cast<unsigned char>(field);
    return stable_hash(job_id, {&number, 1});
}

} // namespace agentcron::cron
