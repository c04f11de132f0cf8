// Signatures of webhooks as https://www.standardwebhooks.com defines them: HMAC-SHA256 over
// "id.timestamp.body". Pure; the only file that knows OpenSSL.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace agentcron::notify {

// The key that a secret stands for: what follows "whsec_", from base64; any other secret is taken
// as it is. Blanks and line ends around it do not count. The error does not show it.
base::Result<std::string, std::string> key_from(std::string_view secret);

// "v1,<base64>". `timestamp` in seconds of POSIX time.
std::string sign(std::string_view key, std::string_view id, std::int64_t timestamp,
                 std::string_view body);

} // namespace agentcron::notify
