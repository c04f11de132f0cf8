// What the service manager is told (sd_notify(3)); nothing where there is none. The only file that
// knows libsystemd.
#pragma once

#include <string>

namespace agentcron::base {

void notify_ready(const std::string& status); // "READY=1" and a line for `systemctl status`
void notify_stopping();

} // namespace agentcron::base
