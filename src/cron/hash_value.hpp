// The value behind `H`: spreads jobs over a field, the same on every host and in every version.
#pragma once

#include "cron/expression.hpp"

namespace agentcron::cron {

// FNV-1a (64 bit) over the id, the byte 0x1F and the field's number (0 second, 1 minute, 2 hour,
// 3 day of month, 4 month, 5 day of week), then the 64-bit finaliser of MurmurHash3.
inline std::uint64_t hash_of_job(std::string_view job_id, Field field) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
    for (const char c : job_id) add(static_cast<unsigned char>(c));
    add(0x1f);
    add(static_cast<unsigned char>(field));
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
    return hash ^ (hash >> 33);
}

} // namespace agentcron::cron
