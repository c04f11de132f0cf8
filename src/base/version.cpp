#include "base/version.hpp"

namespace agentcron::base {

std::string_view version() {
    return AGENTCRON_VERSION;
}

} // namespace agentcron::base
