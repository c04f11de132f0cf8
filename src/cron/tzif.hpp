// Decodes the bytes of a TZif file (RFC 8536), version 2 or later.
#pragma once

#include "cron/time_zone.hpp"

namespace agentcron::cron {

struct DecodedZone {
    std::int32_t first_offset = 0; // in force before the first change
    std::vector<OffsetChange> changes;
};

// The changes that the file lists, continued by its footer rule to the end of 2200; only those that
// matter from 1970 on. The error is a clause such as "the file is cut short".
base::Result<DecodedZone, std::string> decode_tzif(std::string_view bytes);

} // namespace agentcron::cron
