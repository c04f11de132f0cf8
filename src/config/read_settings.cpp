#include "config/declarations.hpp"

namespace agentcron::config {

void read_settings(OpenFile& file, Declared& declared, Settings& settings) {
    for (const std::string key : {"database", "slots"}) {
        if (const Node* value = file.top.value(key))
            declared.declare("setting", key, file, value->offset);
    }
    file.top.read("database", settings.database);
    file.top.read("slots", settings.slots);
}

} // namespace agentcron::config
